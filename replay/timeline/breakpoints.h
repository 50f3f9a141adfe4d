/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of breakpoints; timeline.h has what changes it. */
#ifndef EBB_REPLAY_TIMELINE_BREAKPOINTS_H
#define EBB_REPLAY_TIMELINE_BREAKPOINTS_H

#include "engine/replica.h"

bool breakpoints_have_watch(const struct breakpoint_list *breakpoints);

#endif
