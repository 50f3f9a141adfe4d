/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where checkpoints are taken, and which one a move starts from. */
#ifndef EBB_REPLAY_TIMELINE_PLACEMENT_H
#define EBB_REPLAY_TIMELINE_PLACEMENT_H

#include "state.h"

struct start {
    enum { START_HERE, START_CHECKPOINT, START_KEYFRAME } kind;
    uint64_t position;
    struct checkpoint *checkpoint; /* not owned */
    uint64_t keyframe;
};
/* Where to pass before that, if it is to be found out how fast the guest is; else position. */
uint64_t placement_first_look(const struct timeline *timeline, uint64_t position);
/*
 * Where to pass on the way to position. A keyframe may stand right at it, but whoever goes there
 * goes back from there next: so the last stretch is run, leaving checkpoints, unless there are
 * some, or it would take long.
 */
uint64_t placement_approach(const struct timeline *timeline, uint64_t position);
/* The start from which position is reached soonest; replica (or NULL) may be there already. False
 * if there is none, since all that led there is damaged. */
bool placement_choose_start(const struct timeline *timeline, const struct replica *replica,
                            uint64_t position, struct start *start);
/* The same for whoever cannot do without: 0, or -1 with EBB_ERROR_CORRUPT. */
int placement_need_start(const struct timeline *timeline, const struct replica *replica,
                         uint64_t position, struct start *start, struct ebb_error *error);
/* The first start behind position; false if there is none. */
bool placement_start_behind(const struct timeline *timeline, uint64_t position,
                            struct start *start);
/* Where a run from position to target stops next: at target, or to take a checkpoint. With
 * dense, checkpoints get closer as the target does. */
uint64_t placement_next_stop(const struct timeline *timeline, uint64_t position, uint64_t target,
                             bool dense);
/* The same for a search backward from `begun`, which runs through all of its intervals whatever is
 * there: checkpoints get closer to where it began only, and keyframes count as some. */
uint64_t placement_next_in_search(const struct timeline *timeline, uint64_t position,
                                  uint64_t target, uint64_t begun);
/* How many instructions a search has to run through for a start, so that starts take a small part
 * of the time. */
uint64_t placement_worth_a_start(const struct timeline *timeline);
/* Takes a checkpoint of a settled replica and evicts what is over the budget. */
int placement_take(struct timeline *timeline, struct replica *replica, struct ebb_error *error);
/* Evicts what is over the budget. */
void placement_make_room(struct timeline *timeline);
/* Lets a damaged keyframe be no start any more, and notes it for the user. */
void placement_forget_keyframe(struct timeline *timeline, uint64_t number, const char *why);
/* Learn how long a start of a search, and how long count instructions took. */
void placement_learn_start(struct timeline *timeline, uint64_t nanoseconds);
void placement_learn_pace(struct timeline *timeline, uint64_t nanoseconds, uint64_t count);

#endif
