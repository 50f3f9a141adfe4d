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

struct ebb_log_writer;

enum ebb_log_writer_flag {
    EBB_LOG_COUNTS = 1 << 0, /* positions are counts (event.h); anchors are allowed, an index */
};

/*
 * Creates the files in an existing directory; fails if it already holds a log. flags: enum
 * ebb_log_writer_flag, or-ed.
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

/*
 * A keyframe: begin, every page that may have changed since the previous keyframe (at the first
 * one: every page that is not all zeroes), registers, commit. A page that is given but has not
 * changed costs no space. *number receives the keyframe's number, counted from 0. The keyframe's
 * place in the log is after the events appended so far. Pages are copied and compressed on the
 * writer's thread. A keyframe without its commit does not exist for readers; to begin again is to
 * give it up. Of a page given twice the last content counts. The position must not be below that of
 * the last event or keyframe. After an error of commit the writer cannot be used any more.
 */
int ebb_keyframe_begin(struct ebb_log_writer *writer, uint64_t position, uint64_t *number,
                       struct ebb_error *error);
int ebb_keyframe_add_page(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                          struct ebb_error *error);
int ebb_keyframe_commit(struct ebb_log_writer *writer, const struct ebb_register *registers,
                        size_t count, struct ebb_error *error);

/*
 * Flight recorder: keeps the newest part of a recording only. A base is a place where it may later
 * begin: ebb_log_writer_base(), then (in that order) an EBB_EVENT_MEMORY_MAP event with the whole
 * map, if the map has ever changed, and a keyframe with every page that is not all zeroes.
 * ebb_log_writer_drop_before() gives the disk space of everything before the newest base that is at
 * or before (keyframe) number back to the file system, by punching holes; event and keyframe
 * numbers and positions stay as they are. It happens on the writer's thread, whose errors come with
 * a later call; *first tells the number of the first keyframe that will be left. A base gives up a
 * keyframe that was begun. A file system that cannot make holes is an error of
 * ebb_log_writer_base(), with kind EBB_ERROR_UNSUPPORTED, before anything is lost.
 */
int ebb_log_writer_base(struct ebb_log_writer *writer, struct ebb_error *error);
int ebb_log_writer_drop_before(struct ebb_log_writer *writer, uint64_t keyframe, uint64_t *first,
                               struct ebb_error *error);

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
