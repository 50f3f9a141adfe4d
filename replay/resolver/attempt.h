/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An attempt: one request to the worker, or several in a row, to find the events' positions. */
#ifndef EBB_REPLAY_RESOLVER_ATTEMPT_H
#define EBB_REPLAY_RESOLVER_ATTEMPT_H

#include "failure.h"
#include "interval.h"

struct attempt {
    struct trail *from;                    /* must be restorable */
    const struct decision_list *decisions; /* those to be made behind from */
    uint64_t until_event, limit;
    uint64_t give_up;
    uint32_t slack;
    uint32_t flags; /* enum worker_resolve_flag */
};

/* One without a limit, which looks for anchors as widely as the interval needs it. */
struct attempt attempt_plan(const struct interval *interval, struct trail *from,
                            const struct decision_list *decisions, uint64_t until_event);

/* Makes an attempt, with a new worker if one dies. The resolution is to be freed. */
int attempt_run(struct interval *interval, const struct attempt *attempt,
                struct worker_client_resolution *resolution, struct ebb_error *error);

/*
 * Goes to until_event, in stretches of `every` instructions (0: one). Returns 1 at it, *tip one
 * owner of the way there; 0 if something does not fit before, *tip the way to the last checkpoint
 * before it and *failure filled; -1 on error. limit of the attempt is left aside.
 */
int attempt_reach(struct interval *interval, const struct attempt *attempt, uint64_t every,
                  struct trail **tip, struct failure *failure, struct ebb_error *error);

#endif
