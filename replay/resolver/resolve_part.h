/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of resolving some of a recording's intervals; part of resolver.h. */
#ifndef EBB_REPLAY_RESOLVER_RESOLVE_PART_H
#define EBB_REPLAY_RESOLVER_RESOLVE_PART_H

#include "resolve_findings.h"

/* Intervals one behind the other, by the numbers of their keyframes. */
struct resolve_range {
    uint64_t first, count;
};

struct resolve_part {
    struct resolve_range range;
    struct resolve_findings *findings; /* of the first finding_count intervals, owned */
    size_t finding_count; /* as many as the range has, or fewer, and the last one has a problem */
    double seconds;
    unsigned workers;
};

void resolve_part_free(struct resolve_part *part);

#endif
