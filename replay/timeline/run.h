/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running forward: timeline_run_forward(), and what steps forward have in common with it. */
#ifndef EBB_REPLAY_TIMELINE_RUN_H
#define EBB_REPLAY_TIMELINE_RUN_H

#include "state.h"

/* Runs to limit at most, after move_begin(). */
int run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                struct ebb_error *error);
/* The same, but no farther than to where the PC is outside of the range, at least one instruction
 * on. */
int run_in_range(struct timeline *timeline, const struct timeline_range *range, uint64_t limit,
                 struct timeline_stop *stop, struct ebb_error *error);

#endif
