/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_REPLAY_TIMELINE_INSPECT_H
#define EBB_REPLAY_TIMELINE_INSPECT_H

#include "state.h"

/* What the CPU is about to execute at the timeline's moment, and as whom. */
int inspect_context(struct timeline *timeline, struct worker_context *context,
                    struct ebb_error *error);

#endif
