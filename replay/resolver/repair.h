/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repairing an interval whose replay and recording part: what to try, in which order. What may be
 * wrong:
 *
 *   - exits.h: exits of the guest were looked for in wrong places
 *   - search.h: an anchor's place is farther from the expected one than was looked for
 *   - ambiguity.h: an anchor matched at several places, and the likeliest one was not the right one
 *   - exclusives.h: a store-exclusive failed on the host, and did not fail in the replay
 *
 * What shows late may have gone wrong early: the search goes back step by step. Anchors are the
 * places to begin at, since the registers were right there. A synchronous event only says that its
 * value was.
 */
#ifndef EBB_REPLAY_RESOLVER_REPAIR_H
#define EBB_REPLAY_RESOLVER_REPAIR_H

#include "branch.h"
#include "interval.h"

/* Tries to find a way to the interval's end. 1: *branch is that way; 0: there is none, *branch has
 * got as far as it seems to be right; -1: error. */
int repair_interval(struct interval *interval, struct branch *branch, struct ebb_error *error);

#endif
