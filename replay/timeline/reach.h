/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bringing replicas to positions, settled, whatever hits are on the way. */
#ifndef EBB_REPLAY_TIMELINE_REACH_H
#define EBB_REPLAY_TIMELINE_REACH_H

#include "drive.h"
#include "placement.h"
#include "state.h"

/* Brings a replica to a start; to an earlier one if that is a keyframe that is damaged. With keep,
 * a keyframe becomes a checkpoint as well, which is sooner restored than it is loaded. */
int reach_start(struct timeline *timeline, struct replica *replica, const struct start *start,
                bool keep, struct ebb_error *error);
/* Brings replica 0 to a position; where damage is met on the way, from a keyframe behind it.
 * Replaces dead workers. */
int reach_position(struct timeline *timeline, uint64_t position, struct drive_result *result,
                   struct ebb_error *error);
/* The same, and all of the way from where the replica is, even if a keyframe is nearer: it is to
 * leave checkpoints. */
int reach_onward(struct timeline *timeline, uint64_t position, struct drive_result *result,
                 struct ebb_error *error);
/* Brings replica 0 to where the user is, uninterrupted. */
int reach_present(struct timeline *timeline, struct ebb_error *error);

#endif
