/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of breakpoints; timeline.h has what changes it. */
#ifndef EBB_REPLAY_TIMELINE_BREAKPOINTS_H
#define EBB_REPLAY_TIMELINE_BREAKPOINTS_H

#include "state.h"

bool breakpoints_have_watch(const struct breakpoint_list *breakpoints);

/* For a part of a move: count more breakpoints in the timeline's set; *before keeps what was there,
 * for breakpoints_restore(). */
int breakpoints_extend(struct timeline *timeline, const struct worker_breakpoint *more,
                       size_t count, struct breakpoint_list *before, struct ebb_error *error);
void breakpoints_restore(struct timeline *timeline, const struct breakpoint_list *before);

#endif
