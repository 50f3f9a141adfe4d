/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_REPLAY_TIMELINE_STEP_H
#define EBB_REPLAY_TIMELINE_STEP_H

#include "state.h"

/* timeline_reverse_step() as a part of a move that has begun already. */
int step_back(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error);

#endif
