/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of a report's time line, and the events on them. How many events there are is counted
 * for parts of equal length; the events themselves are kept as long as a row has few, so that a
 * page does not grow with the recording.
 */
#ifndef EBB_CLI_REPORT_REPORT_ROWS_H
#define EBB_CLI_REPORT_REPORT_ROWS_H

#include "log/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define REPORT_BINS 2000u        /* parts, at most */
#define REPORT_ROWS_TOGETHER 20u /* times the limit: events that are kept of all rows */

/* In the order in which they are shown. */
enum report_group {
    REPORT_CONSOLE, /* of which the first events are kept, however many there are */
    REPORT_MARKERS,
    REPORT_BOOKMARKS,
    REPORT_KEYFRAMES,
    REPORT_TASKS,
    REPORT_EXCEPTIONS,
    REPORT_INTERRUPTS,
};

struct report_bin {
    uint64_t count, first; /* events, and the position of the first, if there are any */
};

struct report_row {
    enum report_group group;
    uint64_t key; /* of its group: tells rows from each other, and is their order */
    char *name;
    uint64_t count;
    json_t *events; /* those kept */
    struct report_bin bins[REPORT_BINS];
};

struct report_rows {
    uint64_t from, bin; /* the first position, and how many there are in a bin */
    uint64_t limit;     /* events of a row that are kept */
    struct report_row **list;
    size_t count;
    uint64_t kept; /* events of all rows */
};

/* Of a part of history, from a position to before another. report_rows_free() in any case. */
void report_rows_begin(struct report_rows *rows, uint64_t from, uint64_t to, uint64_t limit);
void report_rows_free(struct report_rows *rows);

/* The bin of a position of the part; one that is its end is in the last. */
size_t report_rows_bin(const struct report_rows *rows, uint64_t position);

/* The row of that key; NULL: there is none yet. */
struct report_row *report_rows_find(const struct report_rows *rows, enum report_group group,
                                    uint64_t key);
/* Adds one that is not there. The name, which is copied, is printable. NULL: *error. */
struct report_row *report_rows_add(struct report_rows *rows, enum report_group group, uint64_t key,
                                   const char *name, struct ebb_error *error);

/* Counts an event. True if it is to be kept: then report_rows_keep() is to follow. */
bool report_rows_count(struct report_rows *rows, struct report_row *row, uint64_t position);
/* Takes the reference to the event, an object with its position; NULL is a lack of memory. */
int report_rows_keep(struct report_rows *rows, struct report_row *row, json_t *event,
                     struct ebb_error *error);

/* True if the row does not have all of its events. */
bool report_row_is_cut(const struct report_row *row);

/* An array of the rows, in their order; NULL: out of memory. */
json_t *report_rows_describe(struct report_rows *rows);

#endif
