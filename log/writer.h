/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a recording's log and keyframes.
 *
 * A writer belongs to one caller at a time (the recorder calls it under its own lock); compression
 * and I/O happen on a thread of the writer. What was appended is on disk, as far as the operating
 * system is concerned, once its block has been written: blocks close when they are full, at
 * ebb_log_writer_flush() and after at most a second. An I/O error (full disk) is reported by the
 * next call and by every later one; nothing is written after it, and what is there stays readable.
 *
 * The files are described in docs/recording-format.md. The manifest is written by the recorder.
 */
#ifndef EBB_LOG_WRITER_H
#define EBB_LOG_WRITER_H

#include "error.h"
#include "event.h"
#include "flight_writer.h"
#include "keyframe_writer.h"

struct ebb_log_writer;

/*
 * Creates the files in an existing directory; fails if it already holds a log. flags: enum
 * ebb_log_flag, or-ed.
 */
struct ebb_log_writer *ebb_log_writer_create(const char *directory, uint32_t flags,
                                             struct ebb_error *error);

/*
 * Appends an event; its data is copied. Positions must not go down, those of keyframes included; an
 * event that breaks the rules of event.h is refused. An EBB_EVENT_DMA of more than 4 MiB is written
 * as several of that size at most, which the number of events shows; other kinds are refused.
 */
int ebb_log_writer_append(struct ebb_log_writer *writer, const struct ebb_event *event,
                          struct ebb_error *error);

/* Closes the open block and waits until it and everything before it was handed to the system. */
int ebb_log_writer_flush(struct ebb_log_writer *writer, struct ebb_error *error);

struct ebb_log_writer_stats {
    uint64_t events;         /* that were appended, also those that were dropped since */
    uint64_t log_bytes;      /* on disk, keyframes aside; what was dropped does not count */
    uint64_t keyframes;      /* that were written, also those that were dropped since */
    uint64_t keyframe_bytes; /* on disk */
};
void ebb_log_writer_stats(struct ebb_log_writer *writer, struct ebb_log_writer_stats *stats);

/* Flushes, ends the thread, closes the files and frees the writer, also after an error. */
int ebb_log_writer_close(struct ebb_log_writer *writer, struct ebb_error *error);

#endif
