/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for workers, showing progress meanwhile. */
#ifndef EBB_REPLAY_TIMELINE_WAIT_H
#define EBB_REPLAY_TIMELINE_WAIT_H

#include "state.h"

/*
 * Waits until a running replica has stopped; its number. At least one must be running. An
 * interruption meanwhile makes them all stop soon, unless the timeline is uninterruptible.
 */
unsigned wait_for_stop(struct timeline *timeline);

#endif
