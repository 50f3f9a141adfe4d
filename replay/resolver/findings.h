/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: what was found out about an interval. Positions are the worker's: they begin with the
 * count of the keyframe. */
#ifndef EBB_REPLAY_RESOLVER_FINDINGS_H
#define EBB_REPLAY_RESOLVER_FINDINGS_H

#include "failure.h"
#include "interval.h"

struct findings {
    uint64_t begin; /* count of the keyframe */
    uint64_t end;   /* where the last event has taken effect */
    uint64_t first_event, event_count;
    uint8_t *packed; /* event_count distances (distance.h) */
    size_t packed_size;
    struct decision_list decisions;
    struct trail_counts counts;
    char *problem; /* why it does not go on; NULL: it is whole */
    uint64_t good; /* with a problem: a position up to which the registers are known to be right */
};

/* Those of an interval up to tip; to be freed, also after an error. */
int findings_collect(struct findings *findings, const struct interval *interval,
                     const struct trail *tip, struct ebb_error *error);
/* Adds what the problem is: failure, the best way's; last is the one that they end with. */
int findings_explain(struct findings *findings, const struct interval *interval,
                     const struct failure *failure, const struct failure *last,
                     struct ebb_error *error);
void findings_free(struct findings *findings);

#endif
