/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interval_bounds.h"

/*
 * The number of the reset event that keyframe number holds the state after, which is next to the
 * keyframe's place. Returns 1, 0 if there is none, -1 on error.
 */
static int find_reset(const struct ebb_log *log, const struct ebb_keyframe *keyframe,
                      uint64_t first_event, uint64_t *event_number, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    uint64_t from = keyframe->event_number;
    struct ebb_event event;
    int result = cursor ? 0 : -1;

    from -= from > first_event;
    if (result == 0) {
        result = ebb_cursor_seek_event(cursor, from, error);
    }
    for (uint64_t number = from; result == 0 && number <= keyframe->event_number; number++) {
        int got = ebb_cursor_next(cursor, &event, error);

        if (got <= 0) {
            result = got;
            break;
        }
        if (event.kind == EBB_EVENT_RESET && event.value == keyframe->number) {
            *event_number = number;
            result = 1;
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

int interval_bounds_find(struct interval_bounds *bounds, const struct ebb_log *log, uint64_t number,
                         struct ebb_error *error)
{
    struct ebb_log_summary summary;
    struct ebb_keyframe next;
    uint64_t reset;
    int result;

    *bounds = (struct interval_bounds){0};
    ebb_log_summary(log, &summary);
    if (ebb_log_keyframe(log, number, &bounds->keyframe, error)) {
        return -1;
    }
    bounds->first_event = bounds->keyframe.event_number;
    result = find_reset(log, &bounds->keyframe, summary.first_event, &reset, error);
    if (result > 0 && reset == bounds->first_event) {
        bounds->first_event++;
    }
    if (result < 0) {
        return -1;
    }
    if (number + 1 >= summary.keyframe_count) {
        bounds->until_event = summary.event_count;
        bounds->ends_recording = summary.complete;
        return 0;
    }
    if (ebb_log_keyframe(log, number + 1, &next, error)) {
        return -1;
    }
    result = find_reset(log, &next, summary.first_event, &reset, error);
    bounds->until_event = result > 0 ? reset : next.event_number;
    bounds->ends_with_keyframe = result == 0;
    return result < 0 ? -1 : 0;
}
