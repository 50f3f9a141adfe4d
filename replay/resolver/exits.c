/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exits.h"

#include "distance.h"

#include <stdlib.h>

/*
 * Exits left out one by one: the last that had an effect, each of which costs a replay. Not
 * measured with guests; the toy histories of tests/unit/test_resolver.c need more than 16, and not
 * more than 32.
 */
#define MAX_SINGLE 64u

/* Replays without the exits from one event to before another. */
static int leave_out(struct trial *trial, uint64_t from, uint64_t until, struct ebb_error *error)
{
    struct decision skip = decision_skip_exits(from, until);
    struct place place;
    int result = trial_go_before(trial, from, &place, error);

    if (result <= 0) {
        return result;
    }
    trial->interval->effort.exits++;
    result = trial_run(trial, &place, &(struct decision_list){&skip, 1}, error);
    trial_leave(&place);
    return result;
}

/*
 * Replays without the exits right before an anchor that was not met. If it is met now they were
 * looked for behind it: that is no guess.
 */
static int leave_out_overshot(struct trial *trial, uint64_t from, struct ebb_error *error)
{
    struct interval *interval = trial->interval;
    const struct failure *failed = &trial->branch->failure;
    struct decision skip = decision_skip_exits(from, failed->event_number);
    struct attempt attempt =
        attempt_plan(interval, NULL, &(struct decision_list){&skip, 1}, failed->event_number + 1);
    struct place place;
    int result = trial_go_before(trial, from, &place, error);

    if (result <= 0) {
        return result;
    }
    attempt.from = place.trail;
    interval->effort.exits++;
    result = trial_take(trial, &attempt, error);
    trial_leave(&place);
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
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
    uint64_t number = anchor_list_event_behind(&interval->anchors, failed, 1);
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

int exits_leave_out(struct trial *trial, struct ebb_error *error)
{
    uint64_t failed = trial->branch->failure.event_number;
    bool overshot = trial->branch->failure.kind == FAILURE_NO_MATCH;
    struct exits exits;
    int result =
        look_for_exits(trial->interval, failed, &exits, error) ? TRIAL_ERROR : TRIAL_NOTHING;

    if (result == TRIAL_NOTHING && overshot && failed - exits.last > 1) {
        result = leave_out_overshot(trial, failed - 1, error);
    }
    if (result == TRIAL_NOTHING && overshot && exits.last < failed) {
        result = leave_out_overshot(trial, exits.last, error);
    }
    if (result == TRIAL_NOTHING && exits.earlier && !trial_exhausted(trial)) {
        result = leave_out(trial, exits.from, failed, error);
    }
    return result;
}

/* Lists the last exits that cleared the monitor on the way to trail, as a ring of MAX_SINGLE. */
static int list_effective(struct interval *interval, const struct trail *trail,
                          uint64_t list[MAX_SINGLE], size_t *found, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
    struct decision_list cleared = {0};
    size_t size;
    uint8_t *block = trail_pack(trail, &size);
    const uint8_t *packed = block;
    struct decision here = {.override = {.position = interval->root->position}};
    struct ebb_event event;
    uint64_t distance;
    int result = cursor ? ebb_cursor_seek_event(cursor, interval->first_event, error) : -1;

    if (!block || trail_cleared(trail, &cleared)) {
        result = ebb_fail_memory(error);
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

int exits_leave_out_singly(struct trial *trial, struct ebb_error *error)
{
    uint64_t list[MAX_SINGLE];
    size_t found = 0, tried;
    struct place end;
    int result = trial_go_before(trial, trial->branch->failure.event_number, &end, error);

    if (result <= 0) {
        return result;
    }
    result = list_effective(trial->interval, end.trail, list, &found, error) ? TRIAL_ERROR
                                                                             : TRIAL_NOTHING;
    trial_leave(&end);
    for (tried = 0;
         tried < found && tried < MAX_SINGLE && result == TRIAL_NOTHING && !trial_exhausted(trial);
         tried++) {
        uint64_t number = list[(found - 1 - tried) % MAX_SINGLE];

        result = leave_out(trial, number, number + 1, error);
    }
    return result;
}
