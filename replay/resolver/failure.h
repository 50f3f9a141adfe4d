/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A failure: where replay and recording part. */
#ifndef EBB_REPLAY_RESOLVER_FAILURE_H
#define EBB_REPLAY_RESOLVER_FAILURE_H

#include "engine/worker_client_resolve.h"

struct failure {
    enum { FAILURE_NO_MATCH, FAILURE_DIVERGED, FAILURE_WRONG_END } kind;
    uint64_t event_number; /* that does not fit; the interval's end for FAILURE_WRONG_END */
    uint64_t position;
    uint64_t anchors;     /* matched since the interval's beginning */
    uint64_t differences; /* FAILURE_WRONG_END: how far the state is from the recorded one */
    char *report;         /* owned */
};

/* True if the worker could not go on. */
bool failure_is(const struct worker_client_resolution *resolution);
/* What then failed, anchors_before being those that were matched already; takes the report. */
struct failure failure_of(struct worker_client_resolution *resolution, uint64_t anchors_before);
void failure_clear(struct failure *failure);

/* True if one is nearer to the interval's end than the other, or to the right state there. */
bool failure_is_nearer(const struct failure *one, const struct failure *other);

#endif
