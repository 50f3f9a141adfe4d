/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's request to stop: timeline_interrupt() makes it. */
#ifndef EBB_REPLAY_TIMELINE_INTERRUPT_H
#define EBB_REPLAY_TIMELINE_INTERRUPT_H

#include "state.h"

/* True, once, if somebody asked for an interruption. */
bool interrupt_take(struct timeline *timeline);

#endif
