/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The effort: what was tried to repair an interval, and when that is enough. */
#ifndef EBB_REPLAY_RESOLVER_EFFORT_H
#define EBB_REPLAY_RESOLVER_EFFORT_H

#include "resolve_options.h"

struct effort {
    const struct resolve_options *options;
    unsigned replays;
    unsigned places, searches, exclusives, exits;
    uint64_t deadline; /* nanoseconds of the monotonic clock; 0: not begun */
};

/* True when no more is to be tried. The time begins with the first question. */
bool effort_exhausted(struct effort *effort);

#endif
