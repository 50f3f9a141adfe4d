/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "failure.h"

#include <stdlib.h>

bool failure_is(const struct worker_client_resolution *resolution)
{
    return resolution->head.reason == WORKER_RESOLVE_NO_MATCH ||
           resolution->head.reason == WORKER_RESOLVE_DIVERGED;
}

struct failure failure_of(struct worker_client_resolution *resolution, uint64_t anchors_before)
{
    const struct worker_resolved *head = &resolution->head;
    struct failure failure = {
        .kind = head->reason == WORKER_RESOLVE_NO_MATCH ? FAILURE_NO_MATCH : FAILURE_DIVERGED,
        .event_number = head->event_number,
        .position = head->position,
        .anchors = anchors_before + head->anchors,
        .report = resolution->report,
    };

    resolution->report = NULL;
    return failure;
}

void failure_clear(struct failure *failure)
{
    free(failure->report);
    *failure = (struct failure){0};
}

bool failure_is_nearer(const struct failure *one, const struct failure *other)
{
    if (one->event_number != other->event_number) {
        return one->event_number > other->event_number;
    }
    return one->kind == FAILURE_WRONG_END && other->kind == FAILURE_WRONG_END &&
           one->differences < other->differences;
}
