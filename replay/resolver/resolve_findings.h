/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was found out about an interval; part of resolver.h. Positions are the worker's: they begin
 * with the count of the interval's keyframe, so that findings do not depend on those of the
 * intervals before.
 */
#ifndef EBB_REPLAY_RESOLVER_RESOLVE_FINDINGS_H
#define EBB_REPLAY_RESOLVER_RESOLVE_FINDINGS_H

#include "resolve_result.h"

struct resolve_findings {
    uint64_t begin; /* count of the keyframe */
    uint64_t end;   /* where the last event has taken effect */
    uint64_t first_event, event_count;
    uint8_t *packed; /* event_count distances (distance.h), owned */
    size_t packed_size;
    struct resolve_flip *flips; /* by position, owned */
    size_t flip_count;
    uint64_t anchors, steps, ambiguous, replaced, astray; /* as in struct resolve_result */
    char *problem; /* why it does not go on, owned; NULL: it is whole */
    uint64_t good; /* with a problem: a position up to which the registers are known to be right */
};

void resolve_findings_free(struct resolve_findings *findings);

#endif
