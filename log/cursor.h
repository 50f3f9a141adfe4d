/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor stands before an event of a log; a new one before the first. The log stays open as long
 * as it does.
 */
#ifndef EBB_LOG_CURSOR_H
#define EBB_LOG_CURSOR_H

#include "error.h"
#include "event.h"

struct ebb_log;
struct ebb_cursor;

struct ebb_cursor *ebb_cursor_new(const struct ebb_log *log, struct ebb_error *error);
void ebb_cursor_free(struct ebb_cursor *cursor);

/*
 * Reads the event the cursor stands before and moves on. Returns 1, or 0 at the end of the log, or
 * -1 on error. event->data points into the cursor and stays valid until its next call.
 */
int ebb_cursor_next(struct ebb_cursor *cursor, struct ebb_event *event, struct ebb_error *error);

/* Moves before event number: first_event to event_count, which is the end. */
int ebb_cursor_seek_event(struct ebb_cursor *cursor, uint64_t number, struct ebb_error *error);

/* Moves before the first event whose position is not below position. */
int ebb_cursor_seek_position(struct ebb_cursor *cursor, uint64_t position, struct ebb_error *error);

/*
 * Moves before the first event of a kind whose number is at least from. Returns 1, or 0 if there is
 * none before event number end, in which case the cursor is anywhere, or -1 on error. Blocks that
 * have none of the kind, as their headers tell, are not read. One whose header is damaged is taken
 * to have none if no other has.
 */
int ebb_cursor_seek_kind(struct ebb_cursor *cursor, uint32_t kind, uint64_t from, uint64_t end,
                         struct ebb_error *error);

/* The number of the event the cursor stands before. */
uint64_t ebb_cursor_event_number(const struct ebb_cursor *cursor);

#endif
