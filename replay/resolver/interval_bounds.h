/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where an interval (interval.h) begins and ends, by what the log says. */
#ifndef EBB_REPLAY_RESOLVER_INTERVAL_BOUNDS_H
#define EBB_REPLAY_RESOLVER_INTERVAL_BOUNDS_H

#include "log/reader.h"

struct interval_bounds {
    struct ebb_keyframe keyframe; /* the interval's own */
    uint64_t first_event, until_event;
    bool ends_with_keyframe; /* the next one holds the state at the end */
    bool ends_recording;     /* the last event is EBB_EVENT_END */
};

/* Those of the interval from keyframe number on, in an unresolved log. */
int interval_bounds_find(struct interval_bounds *bounds, const struct ebb_log *log, uint64_t number,
                         struct ebb_error *error);

#endif
