/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates: store-exclusives that may have failed on the host. */
#ifndef EBB_REPLAY_RESOLVER_CANDIDATES_H
#define EBB_REPLAY_RESOLVER_CANDIDATES_H

#include "trial.h"

struct candidates {
    struct worker_exclusive *list; /* in order of execution */
    size_t count;
};

/* Lists those from a place to an event, or to where the replay fails, when more decisions are made
 * on the way. To be freed in any case. */
int candidates_list(struct trial *trial, const struct place *from, uint64_t until_event,
                    const struct decision_list *more, struct candidates *candidates,
                    struct ebb_error *error);
void candidates_free(struct candidates *candidates);

/* Leaves those that are behind `after` and before `before`. */
void candidates_restrict(struct candidates *candidates, uint64_t after, uint64_t before);

struct candidate {
    struct worker_exclusive exclusive;
    size_t rank; /* how many later ones there are at the same PC */
    size_t order;
};

/*
 * The order in which to try: the latest first, but the last one of each place in the program before
 * a second one of any. A loop that takes a lock a thousand times does not hide what came before.
 * For free(); NULL and *error without memory.
 */
struct candidate *candidates_rank(const struct candidates *candidates, struct ebb_error *error);

#endif
