/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the repair share.
 *
 *   - repair.c: the order of things; going to a place; trying; other places for anchors
 *   - exits.c: whether the exits have led astray
 *   - exclusives.c: store-exclusives that failed on the host
 *   - suspects.c: where the counts say that something went another way
 */
#ifndef EBB_REPLAY_RESOLVER_REPAIR_H
#define EBB_REPLAY_RESOLVER_REPAIR_H

#include "internal.h"

#define MAX_ADVANCED 8u /* candidates remembered for getting farther */

/* When candidates are tried an anchor's place is known well; a search for it would take longer than
 * all the rest. */
#define TRIAL_GIVE_UP 2000u

struct repair {
    struct interval *interval;
    struct branch *branch; /* what is to be repaired */
    struct branch done;    /* a way to the end, or far beyond the failure */
    struct branch advanced[MAX_ADVANCED];
    size_t advanced_count;
};

/* Results of trying something. */
enum {
    TRIED_ERROR = -1,
    TRIED_NOTHING = 0, /* no better */
    TRIED_WHOLE = 1,   /* repair->done is a way to the interval's end */
    TRIED_FAR = 2,     /* repair->done gets far beyond the failure */
};

/*
 * A trail whose last stretches are not the branch's own, but which was run with all of the branch's
 * decisions, has them too: so the branch's ancestor it started from is what counts.
 */
struct place {
    struct trail *trail;    /* owned, pinned */
    struct trail *ancestor; /* on the branch, not owned: trail and branch part here */
};

void repair_leave(struct place *place);

/* Goes to right before event number, as the branch does. 1: there; 0: cannot be; -1: error. */
int repair_go_before(struct repair *repair, uint64_t number, struct place *place,
                     struct ebb_error *error);

/*
 * The decisions made on the branch behind ancestor, and more, to be freed. Those of the branch that
 * are behind the first of more are about places that may have moved by it; but if they have, the
 * replay does not get beyond them in any case.
 */
int repair_collect(const struct repair *repair, const struct trail *ancestor,
                   const struct decision_list *more, struct decision_list *decisions,
                   struct ebb_error *error);

/* Tries decisions that the branch does not have, from a place before them. */
int repair_try(struct repair *repair, const struct place *from, const struct decision_list *more,
               struct ebb_error *error);

/* Makes an attempt whose reaching until_event is no guess: it is taken at once, and what comes then
 * is another matter. */
int repair_take(struct repair *repair, const struct attempt *attempt, struct ebb_error *error);

/* True when no more is to be tried in this interval. */
bool repair_exhausted(struct interval *interval);

/* The event behind the anchor that is `back` anchors before event number; the interval's first one
 * if there are not so many. */
uint64_t repair_event_behind_anchor(const struct interval *interval, uint64_t number, size_t back);

/* exits.c */
/* Leaves out the last exits before the failure, then all since the last anchor: they may have been
 * looked for in wrong places, or behind the anchor that was not met then. */
int repair_leave_out_exits(struct repair *repair, struct ebb_error *error);
/* The same one by one, with those that cleared the exclusive monitor, the latest first. */
int repair_leave_out_single_exits(struct repair *repair, struct ebb_error *error);

/* exclusives.c */
/* Lets store-exclusives fail; quick: not all of those there are. */
int repair_fail_exclusives(struct repair *repair, bool quick, struct ebb_error *error);

/* suspects.c */
/*
 * A stretch between two anchors in which the host counted other instructions than the replay
 * executed, though everything that is not counted is known: store-exclusives that failed there make
 * such a difference.
 */
struct suspect {
    uint64_t from_event, until_event; /* behind the one anchor, behind the other */
    uint64_t until_position;
};
/* Lists the last of them before the failure, the latest first; at most count. */
int repair_list_suspects(struct repair *repair, struct suspect *list, size_t *count,
                         struct ebb_error *error);

#endif
