/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a recording's log and keyframes. Every byte is treated as hostile: damage is an error
 * with kind EBB_ERROR_CORRUPT that names file and offset, or, at the end of the files, the place
 * where the recording was cut off.
 *
 * An open log is immutable and may be used by several threads; a cursor belongs to one.
 */
#ifndef EBB_LOG_READER_H
#define EBB_LOG_READER_H

#include "error.h"
#include "event.h"

struct ebb_log;
struct ebb_cursor;

/*
 * Opens the log in a recording's directory. A log that was cut off, or whose writer was killed,
 * opens up to its last whole block, and the summary says so. Reads block headers only.
 */
struct ebb_log *ebb_log_open(const char *directory, struct ebb_error *error);
void ebb_log_close(struct ebb_log *log);

/*
 * The same, with an index left aside: positions are the log's own, counts in a KVM recording.
 * ebb_log_open() puts an index in place if there is one that fits and is not damaged.
 */
struct ebb_log *ebb_log_open_unresolved(const char *directory, struct ebb_error *error);

struct ebb_log_summary {
    uint64_t event_count;    /* events are numbered first_event to event_count - 1 */
    uint64_t end_position;   /* of the end event, else of the last event or keyframe */
    uint64_t keyframe_count; /* keyframes are numbered first_keyframe to keyframe_count - 1 */
    bool complete;           /* the last event is EBB_EVENT_END */
    uint64_t log_bytes;      /* used bytes of the log, keyframes and dropped parts aside */
    uint64_t keyframe_bytes;
    uint64_t cut_off_bytes; /* bytes after the last whole block, ignored */
    bool counts;            /* the log itself has counts: it was recorded under KVM */
    bool resolved;          /* with counts: an index that fits gives the positions */
    uint64_t first_event;   /* 0, unless older ones were dropped (writer.h) */
    uint64_t first_keyframe;
    uint64_t begin_position; /* of the first keyframe */
};
void ebb_log_summary(const struct ebb_log *log, struct ebb_log_summary *summary);

/*
 * Why a resolved log ends before its last event, text owned by the log; NULL if it does not. The
 * log then has as many events as the index, and ends at the last good position.
 */
const char *ebb_log_problem(const struct ebb_log *log);

/*
 * Why there is an index beside a log with counts that was not used (it is damaged, or another
 * log's, or the log has grown), text owned by the log; NULL if there is none or it is used.
 */
const char *ebb_log_index_problem(const struct ebb_log *log);

/* Positions of exclusive clears (index.h), going up; owned by the log. */
const uint64_t *ebb_log_exclusive_clears(const struct ebb_log *log, size_t *count);

/*
 * A cursor stands before an event; a new one before the first. The log stays open as long as it
 * does.
 */
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

/* The number of the event the cursor stands before. */
uint64_t ebb_cursor_event_number(const struct ebb_cursor *cursor);

struct ebb_keyframe {
    uint64_t number;
    uint64_t position;
    uint64_t event_number; /* the first event after the keyframe */
    size_t register_count;
    const struct ebb_register *registers; /* owned by the log, valid until it is closed */
};
int ebb_log_keyframe(const struct ebb_log *log, uint64_t number, struct ebb_keyframe *keyframe,
                     struct ebb_error *error);

/*
 * Calls visit for every page of keyframe number that is not all zeroes, each once, in no
 * particular order; page is valid during the call only. A non-zero return of visit ends the walk
 * and is returned. Returns 0 after the last page, -1 on error.
 */
typedef int (*ebb_page_visitor)(void *opaque, uint64_t page_number, const void *page);
int ebb_keyframe_visit_pages(const struct ebb_log *log, uint64_t number, ebb_page_visitor visit,
                             void *opaque, struct ebb_error *error);

/*
 * The same for the pages whose contents may differ from those in keyframe base, which may be before
 * or after number; page is NULL for one that is all zeroes in keyframe number. This costs no more
 * than the pages visited.
 */
int ebb_keyframe_visit_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                               ebb_page_visitor visit, void *opaque, struct ebb_error *error);

#endif
