/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits of the guest that it could not see, and what they did to the exclusive monitor. */
#ifndef EBB_WORKER_RESOLVE_EXITS_H
#define EBB_WORKER_RESOLVE_EXITS_H

#include "worker.h"

/*
 * Goes to where the exit that is the next event happened, clears the exclusive monitor there and
 * notes it if that changes anything, and goes behind the event. One that is not met is left out.
 * Returns 0, or WORKER_RESOLVE_INTERRUPTED.
 */
uint32_t worker_resolve_exits_pass(struct worker *worker, const struct ebb_event *event);

/* The exit is behind the guest already: all that is left of it is what it did to the count. */
void worker_resolve_exits_miss(struct worker *worker, const struct ebb_event *event);

#endif
