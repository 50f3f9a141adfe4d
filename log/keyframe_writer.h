/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyframe: begin, every page that may have changed since the previous keyframe (at the first
 * one: every page that is not all zeroes), registers, commit. A page that is given but has not
 * changed costs no space. *number receives the keyframe's number, counted from 0. The keyframe's
 * place in the log is after the events appended so far. Pages are copied and compressed on the
 * writer's thread. A keyframe without its commit does not exist for readers; to begin again is to
 * give it up. Of a page given twice the last content counts. The position must not be below that of
 * the last event or keyframe. After an error of commit the writer cannot be used any more.
 *
 * Most of the work on a page may be done ahead of the keyframe: pages that are added ahead count as
 * given first for the next one, and may change while they are. This, and to wait until the writer's
 * thread is through with them, may be in another thread than appending events, while nobody uses
 * the other functions here, or those of flight_writer.h.
 */
#ifndef EBB_LOG_KEYFRAME_WRITER_H
#define EBB_LOG_KEYFRAME_WRITER_H

#include "error.h"
#include "event.h"

struct ebb_log_writer;

int ebb_keyframe_begin(struct ebb_log_writer *writer, uint64_t position, uint64_t *number,
                       struct ebb_error *error);
int ebb_keyframe_add_page(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                          struct ebb_error *error);
int ebb_keyframe_add_ahead(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                           struct ebb_error *error);
int ebb_keyframe_wait_ahead(struct ebb_log_writer *writer, struct ebb_error *error);
int ebb_keyframe_commit(struct ebb_log_writer *writer, const struct ebb_register *registers,
                        size_t count, struct ebb_error *error);

/*
 * Makes the next keyframe stand for itself, as one behind a base must: it stores every page content
 * anew and names every page that differs from zeroes, and every one that did at the keyframe
 * before.
 */
int ebb_keyframe_forget(struct ebb_log_writer *writer, struct ebb_error *error);

#endif
