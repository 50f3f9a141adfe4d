/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going through an interval narrowly: anchors are looked for next to their expected places only,
 * which costs hardly more than replaying it. Where that is too narrow for one, the way from the
 * last checkpoint to it is gone widely.
 */
#ifndef EBB_REPLAY_RESOLVER_NARROW_H
#define EBB_REPLAY_RESOLVER_NARROW_H

#include "failure.h"
#include "interval.h"

/* Results are those of finish_interval(). After 0 the interval is to be gone through widely, from
 * its beginning, before anything is believed to be wrong with it. */
int narrow_finish(struct interval *interval, struct trail **tip, struct failure *failure,
                  struct ebb_error *error);

#endif
