/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of functions, in the order in which they were made, each from its beginning to its end as
 * far as that is known. They leave the list at its front, as soon as the first one is complete.
 */
#ifndef EBB_CLI_QUESTIONS_CALL_LIST_H
#define EBB_CLI_QUESTIONS_CALL_LIST_H

#include "log/error.h"
#include "replay/timeline/scan.h"

#define CALL_ARGUMENTS 8u /* registers: x0 to x7; of r0 to r3 there are 4 */
#define CALL_RESULTS 2u

enum call_end {
    CALL_OPEN, /* its end is to be looked for */
    CALL_RETURNED,
    CALL_LEFT, /* never, since its caller calls again */
    CALL_LASTS /* beyond what was looked at */
};

struct call {
    struct timeline_call made;
    uint64_t arguments[CALL_ARGUMENTS];
    uint64_t results[CALL_RESULTS];
    uint64_t end_position; /* at the return address; CALL_LEFT: where the caller calls again */
    enum call_end end;
};

struct call_list {
    struct call *calls;
    size_t count, capacity;
    size_t gone; /* so many at the front were taken */
    size_t open;
};

/* A row of TIMELINE_ROW_EXECUTE. */
int call_list_add(struct call_list *list, const struct timeline_row *row, struct ebb_error *error);
/* A row of TIMELINE_ROW_CALL_RETURNED or _LEFT: the end of a call, if it is here and open. */
void call_list_end(struct call_list *list, const struct timeline_row *row);
/* The first one, if its end is known; it is taken, and good until a function changes the list.
 * NULL: there is none. */
const struct call *call_list_take(struct call_list *list);
/* Up to `most` of those that are open, from the first one on, for free(); *count is how many. NULL:
 * out of memory. */
struct timeline_call *call_list_open(const struct call_list *list, size_t most, size_t *count);
/* Those of them that are still open last. */
void call_list_give_up(struct call_list *list, const struct timeline_call *calls, size_t count);
void call_list_free(struct call_list *list);

#endif
