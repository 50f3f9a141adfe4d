/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EBB_REPLAY_TIMELINE_INSPECT_H
#define EBB_REPLAY_TIMELINE_INSPECT_H

#include "state.h"

/* 1 if a breakpoint with these flags (enum worker_breakpoint_flag) and conditions counts where the
 * CPU is, 0, or -1. */
int inspect_conditions(struct timeline *timeline, uint32_t flags, const uint8_t *bytes, size_t size,
                       struct ebb_error *error);
/* What the CPU is about to execute at the timeline's moment, and as whom. */
int inspect_context(struct timeline *timeline, struct worker_context *context,
                    struct ebb_error *error);

#endif
