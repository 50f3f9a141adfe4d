/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the moves through history have in common. */
#ifndef EBB_REPLAY_TIMELINE_MOVE_H
#define EBB_REPLAY_TIMELINE_MOVE_H

#include "state.h"

/*
 * What every move begins with: drops the diversion, prepares *stop. Returns 1 if an interruption
 * is pending, in which case *stop says so and the move is over.
 */
int move_begin(struct timeline *timeline, uint64_t to, struct timeline_stop *stop,
               struct ebb_error *error);
/* Puts the user at a position; what devices wrote on reaching it is not reported yet, unless this
 * is where the user was. */
void move_arrive(struct timeline *timeline, uint64_t position);
/* The same at a hit that is to be reported, shown at position. */
void move_arrive_at_hit(struct timeline *timeline, uint64_t position, const struct worker_hit *hit);
/* Brings replica 0 to where the user is now, which is what matters from here on. */
int move_reach_present(struct timeline *timeline, struct ebb_error *error);
/*
 * Replay and log disagree at a position: history ends there, or just before if the position itself
 * cannot be reached (an asynchronous event that does not fit).
 */
int move_end_at_divergence(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                           struct ebb_error *error);
/* The log ended at an earlier position than its summary promised. */
int move_end_early(struct timeline *timeline, uint64_t position, struct timeline_stop *stop);

#endif
