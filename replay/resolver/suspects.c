/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "suspects.h"

#include "distance.h"

#include <stdlib.h>
#include <string.h>

struct scan {
    struct suspect *list; /* a ring: the last ones found */
    size_t room, found;
    uint64_t event;           /* behind the last anchor; the interval's first one at first */
    uint64_t position, count; /* of the last anchor */
    uint64_t accesses;        /* since then, synchronous events: executed, and not counted */
};

static void pass_anchor(struct scan *scan, uint64_t number, uint64_t position, uint64_t count)
{
    if (position - scan->position != count - scan->count + scan->accesses) {
        scan->list[scan->found++ % scan->room] = (struct suspect){
            .from_event = scan->event, .until_event = number + 1, .until_position = position};
    }
    scan->event = number + 1;
    scan->position = position;
    scan->count = count;
    scan->accesses = 0;
}

static int scan_events(struct interval *interval, const struct trail *trail, struct scan *scan,
                       struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
    size_t size;
    uint8_t *block = trail_pack(trail, &size);
    const uint8_t *packed = block;
    uint64_t position = interval->root->position, distance;
    struct ebb_event event;
    int result = cursor ? 1 : -1;

    if (!block) {
        result = ebb_fail_memory(error);
    }
    if (result > 0 && ebb_cursor_seek_event(cursor, interval->first_event, error)) {
        result = -1;
    }
    for (uint64_t number = interval->first_event; number < trail->event_number && result > 0;
         number++) {
        result = ebb_cursor_next(cursor, &event, error);
        packed = distance_unpack(packed, &distance);
        position += distance;
        if (result > 0 && event.kind == EBB_EVENT_ANCHOR) {
            pass_anchor(scan, number, position, event.position);
        } else if (result > 0 && ebb_event_is_synchronous(&event)) {
            scan->accesses++;
        }
    }
    free(block);
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

/* Turns a ring that was written to up to `found` into a list, the latest first. */
static int unroll(struct scan *scan, size_t *count, struct ebb_error *error)
{
    struct suspect *copy = malloc(scan->room * sizeof(*copy));

    if (!copy) {
        return ebb_fail_memory(error);
    }
    memcpy(copy, scan->list, scan->room * sizeof(*copy));
    *count = scan->found < scan->room ? scan->found : scan->room;
    for (size_t i = 0; i < *count; i++) {
        scan->list[i] = copy[(scan->found - 1 - i) % scan->room];
    }
    free(copy);
    return 0;
}

int suspects_list(struct trial *trial, struct suspect *list, size_t *count, struct ebb_error *error)
{
    struct interval *interval = trial->interval;
    struct scan scan = {.list = list,
                        .room = *count,
                        .event = interval->first_event,
                        .position = interval->root->position,
                        .count = interval->keyframe.position};
    struct place end;
    int result = trial_go_before(trial, trial->branch->failure.event_number, &end, error);

    memset(list, 0, *count * sizeof(*list));
    *count = 0;
    if (result <= 0) {
        return result;
    }
    result = scan_events(interval, end.trail, &scan, error);
    trial_leave(&end);
    return result ? -1 : unroll(&scan, count, error);
}
