/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair.h"

#include "distance.h"

#include <stdlib.h>

#define MAX_SINGLE 64u /* exits left out one by one */

/* Replays without the exits from one event to before another. */
static int leave_out(struct repair *repair, uint64_t from, uint64_t until, struct ebb_error *error)
{
    struct decision skip = decision_skip_exits(from, until);
    struct place place;
    int result = repair_go_before(repair, from, &place, error);

    if (result <= 0) {
        return result;
    }
    repair->interval->repair.exits++;
    result = repair_try(repair, &place, &(struct decision_list){&skip, 1}, error);
    repair_leave(&place);
    return result;
}

/*
 * Replays without the exits right before an anchor that was not met. If it is met now they were
 * looked for behind it: that is no guess.
 */
static int leave_out_overshot(struct repair *repair, uint64_t from, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    const struct failure *failed = &repair->branch->failure;
    struct decision skip = decision_skip_exits(from, failed->event_number);
    struct attempt attempt = {.decisions = &(struct decision_list){&skip, 1},
                              .until_event = failed->event_number + 1,
                              .give_up = interval->give_up,
                              .slack = interval->slack};
    struct place place;
    int result = repair_go_before(repair, from, &place, error);

    if (result <= 0) {
        return result;
    }
    attempt.from = place.trail;
    interval->repair.exits++;
    result = repair_take(repair, &attempt, error);
    repair_leave(&place);
    return result;
}

/* The exits before the failure: how many are right before it, and whether there are others. */
struct exits {
    uint64_t from; /* the event behind the last anchor */
    uint64_t last; /* the first of those right before the failure */
    bool earlier;
};

static int look_for_exits(struct interval *interval, uint64_t failed, struct exits *exits,
                          struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->lane->resolver->log, error);
    uint64_t number = repair_event_behind_anchor(interval, failed, 1);
    int result = cursor ? ebb_cursor_seek_event(cursor, number, error) : -1;
    bool before = false; /* that event was an exit */

    *exits = (struct exits){.from = number, .last = failed};
    for (; number < failed && result == 0; number++) {
        struct ebb_event event;

        result = ebb_cursor_next(cursor, &event, error) > 0 ? 0 : -1;
        if (result == 0 && event.kind == EBB_EVENT_EXIT) {
            exits->last = before ? exits->last : number;
            before = true;
        } else {
            exits->earlier |= before;
            exits->last = failed;
            before = false;
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

int repair_leave_out_exits(struct repair *repair, struct ebb_error *error)
{
    uint64_t failed = repair->branch->failure.event_number;
    bool overshot = repair->branch->failure.kind == FAILURE_NO_MATCH;
    struct exits exits;
    int result =
        look_for_exits(repair->interval, failed, &exits, error) ? TRIED_ERROR : TRIED_NOTHING;

    if (result == TRIED_NOTHING && overshot && failed - exits.last > 1) {
        result = leave_out_overshot(repair, failed - 1, error);
    }
    if (result == TRIED_NOTHING && overshot && exits.last < failed) {
        result = leave_out_overshot(repair, exits.last, error);
    }
    if (result == TRIED_NOTHING && exits.earlier && !repair_exhausted(repair->interval)) {
        result = leave_out(repair, exits.from, failed, error);
    }
    return result;
}

/* Lists the last exits that cleared the monitor on the way to trail, as a ring of MAX_SINGLE. */
static int list_effective(struct interval *interval, const struct trail *trail,
                          uint64_t list[MAX_SINGLE], size_t *found, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->lane->resolver->log, error);
    struct decision_list cleared = {0};
    size_t size;
    uint8_t *block = trail_pack(trail, &size);
    const uint8_t *packed = block;
    struct decision here = {.override = {.position = interval->root->position}};
    struct ebb_event event;
    uint64_t distance;
    int result = cursor ? ebb_cursor_seek_event(cursor, interval->first_event, error) : -1;

    if (!block || trail_cleared(trail, &cleared)) {
        result = ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    if (cleared.count) {
        qsort(cleared.list, cleared.count, sizeof(*cleared.list), decision_by_position);
    }
    for (uint64_t number = interval->first_event;
         number < trail->event_number && cleared.count && result == 0; number++) {
        result = ebb_cursor_next(cursor, &event, error) > 0 ? 0 : -1;
        packed = distance_unpack(packed, &distance);
        here.override.position += distance;
        if (result == 0 && event.kind == EBB_EVENT_EXIT &&
            bsearch(&here, cleared.list, cleared.count, sizeof(here), decision_by_position)) {
            list[(*found)++ % MAX_SINGLE] = number;
        }
    }
    free(block);
    free(cleared.list);
    ebb_cursor_free(cursor);
    return result;
}

int repair_leave_out_single_exits(struct repair *repair, struct ebb_error *error)
{
    uint64_t list[MAX_SINGLE];
    size_t found = 0, tried;
    struct place end;
    int result = repair_go_before(repair, repair->branch->failure.event_number, &end, error);

    if (result <= 0) {
        return result;
    }
    result = list_effective(repair->interval, end.trail, list, &found, error) ? TRIED_ERROR
                                                                              : TRIED_NOTHING;
    repair_leave(&end);
    for (tried = 0; tried < found && tried < MAX_SINGLE && result == TRIED_NOTHING &&
                    !repair_exhausted(repair->interval);
         tried++) {
        uint64_t number = list[(found - 1 - tried) % MAX_SINGLE];

        result = leave_out(repair, number, number + 1, error);
    }
    return result;
}
