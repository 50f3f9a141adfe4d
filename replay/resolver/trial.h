/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trial: what is tried to get a branch beyond its failure.
 *
 * Each candidate is tried by replaying with it from a checkpoint before. It is good if the event
 * that did not fit fits with it, and better the farther the replay gets; the one that gets to the
 * interval's end and has the right state there is it.
 */
#ifndef EBB_REPLAY_RESOLVER_TRIAL_H
#define EBB_REPLAY_RESOLVER_TRIAL_H

#include "attempt.h"
#include "branch.h"

/*
 * Candidates remembered for getting farther. Each keeps the checkpoints of its way, and may be
 * repaired in its turn with as many again: so it is a few. Not measured with guests; the toy
 * histories of tests/unit/test_resolver.c need one.
 */
#define TRIAL_MAX_ADVANCED 8u

/*
 * A candidate that gets so many anchors farther is the right one, and what is wrong there is
 * something else. A wrong one has to meet as many anchors' registers for that. Not measured with
 * guests; for the toy histories one is enough, and takes 2051 replays instead of 2431.
 */
#define TRIAL_FAR_ANCHORS 16u

/*
 * How far behind its expected place an anchor is looked for when candidates are tried. Its place is
 * known well then; a search for it would take longer than all the rest. Not measured with guests;
 * for the toy histories 200 and 100000 do as well.
 */
#define TRIAL_GIVE_UP 2000u

struct trial {
    struct interval *interval;
    struct branch *branch; /* what is to be repaired */
    struct branch done;    /* a way to the end, or far beyond the failure */
    struct branch advanced[TRIAL_MAX_ADVANCED];
    size_t advanced_count;
};

/* Results of trying something. */
enum {
    TRIAL_ERROR = -1,
    TRIAL_NOTHING = 0, /* no better */
    TRIAL_WHOLE = 1,   /* trial->done is a way to the interval's end */
    TRIAL_FAR = 2,     /* trial->done gets far beyond the failure */
};

/* Forgets the candidates that got farther. */
void trial_clear(struct trial *trial);

/* True when no more is to be tried in this interval. */
bool trial_exhausted(const struct trial *trial);

/* The event behind the one that failed, as far as the interval goes. */
uint64_t trial_event_behind_failure(const struct trial *trial);

/*
 * A trail whose last stretches are not the branch's own, but which was run with all of the branch's
 * decisions, has them too: so the branch's ancestor it started from is what counts.
 */
struct place {
    struct trail *trail;    /* owned, pinned */
    struct trail *ancestor; /* on the branch, not owned: trail and branch part here */
};

/* Goes to right before event number, as the branch does. 1: there; 0: cannot be; -1: error. */
int trial_go_before(struct trial *trial, uint64_t number, struct place *place,
                    struct ebb_error *error);
/* The same, to right behind the anchor that is `back` anchors before the failure. */
int trial_go_back(struct trial *trial, size_t back, struct place *place, struct ebb_error *error);
void trial_leave(struct place *place);

/*
 * The decisions made on the branch behind the place, and more, to be freed. Those of the branch
 * that are behind the first of more are about places that may have moved by it; but if they have,
 * the replay does not get beyond them in any case.
 */
int trial_collect(const struct trial *trial, const struct place *place,
                  const struct decision_list *more, struct decision_list *decisions,
                  struct ebb_error *error);

/* Tries decisions that the branch does not have, from a place before them. */
int trial_run(struct trial *trial, const struct place *from, const struct decision_list *more,
              struct ebb_error *error);

/* Makes an attempt whose reaching until_event is no guess: it is taken at once, and what comes then
 * is another matter. */
int trial_take(struct trial *trial, const struct attempt *attempt, struct ebb_error *error);

#endif
