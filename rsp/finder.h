/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking for the steps that access memory or execute code, in both directions. A step goes from
 * one position to the next: an instruction, and what devices write behind it. What is found is
 * where the step begins.
 */
#ifndef EBB_RSP_FINDER_H
#define EBB_RSP_FINDER_H

#include "words.h"

#define RSP_PLACES_MAX 32u

/* What is looked for, any of the places. */
struct rsp_wanted {
    enum timeline_breakpoint_kind kind;
    struct rsp_place places[RSP_PLACES_MAX];
    unsigned count;
};

struct rsp_finder {
    struct timeline *timeline;
    bool (*stopped)(void *opaque); /* whether somebody wants it to end */
    void *opaque;
    struct timeline_stop last; /* how its last move ended */
};

enum rsp_outcome {
    RSP_FOUND = 1, /* the timeline is where the step begins */
    RSP_NOT_FOUND,
    RSP_UNFINISHED, /* it got as far as the timeline is: a part is done, or it was stopped */
};

struct rsp_found {
    uint64_t from; /* where the run began */
    uint64_t step; /* the position where it begins */
    struct timeline_stop stop;
};

/* Puts what is wanted in the place of the timeline's breakpoints: to be called before the others.
 */
int rsp_finder_prepare(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                       struct ebb_error *error);

/* What begins here is passed by if pass; else it may be found. Of what is executed, the instruction
 * here is never found. */
int rsp_find_next(struct rsp_finder *finder, const struct rsp_wanted *wanted, bool pass,
                  enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error);

/* What begins here is not found. */
int rsp_find_last(struct rsp_finder *finder, const struct rsp_wanted *wanted,
                  enum rsp_outcome *outcome, struct rsp_found *found, struct ebb_error *error);

/*
 * Counts steps from here on that begin before limit, at most so many. *count is how many; the
 * timeline is where to go on, or, if there were as many as that, where the last of them begins.
 * Returns after a while, whether all are counted or not.
 */
int rsp_find_count(struct rsp_finder *finder, const struct rsp_wanted *wanted, uint64_t limit,
                   uint64_t most, uint64_t *count, struct ebb_error *error);

#endif
