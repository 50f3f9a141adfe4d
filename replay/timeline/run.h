/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running forward: timeline_run_forward(), and what a step forward has in common with it. */
#ifndef EBB_REPLAY_TIMELINE_RUN_H
#define EBB_REPLAY_TIMELINE_RUN_H

#include "state.h"

/* Runs to limit at most, after move_begin(). */
int run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                struct ebb_error *error);

#endif
