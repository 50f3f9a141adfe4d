/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_REPLAY_TIMELINE_STEP_H
#define EBB_REPLAY_TIMELINE_STEP_H

#include "state.h"

/* Runs to limit, or out of the range if there is one, or to the first instruction of an interrupt's
 * handler: that is a step whose stop says so. */
int step_to_handler(struct timeline *timeline, const struct timeline_range *range, uint64_t limit,
                    struct timeline_stop *stop, struct ebb_error *error);
/* timeline_reverse_step() as a part of a move that has begun already. */
int step_back(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error);

#endif
