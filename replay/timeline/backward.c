/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going backward. What happened is undone latest first. On the way from one state to the one
 * before it, these are met in this order:
 *
 *   1. a breakpoint the state stands on (not where the move begins),
 *   2. a device's write done on reaching the state,
 *   3. an access by the instruction before it, devices' writes inside that instruction included.
 *
 * All three are shown at the state itself, the last two before they are undone. So a move that
 * begins with 2 or 3 stops without having moved. gdb then steps back over an access with its
 * watchpoints removed; a device's write that was shown is not shown again until the position has
 * changed.
 */
#include "internal.h"

uint64_t timeline_backward_position(const struct worker_hit *hit)
{
    bool before = hit->kind == WORKER_BREAK_EXECUTE || (hit->by_device && !hit->nested);

    return before ? hit->position : hit->position + 1;
}

/* Takes a checkpoint of where a search begins, if coming back would take long. */
static int secure_return(struct timeline *timeline, struct ebb_error *error)
{
    struct checkpoint *near = checkpoint_set_before(timeline->set, timeline->position);
    int result;

    if (near && timeline->position - near->position <= 2 * timeline->every) {
        return 0;
    }
    do {
        result = timeline_return(timeline, error) ||
                         timeline_place(timeline, &timeline->replicas[0], error)
                     ? -1
                     : 0;
    } while (result && timeline_recover(timeline, 0, error));
    return result;
}

/* Ends a move at a position that is known to be reachable. */
static int arrive(struct timeline *timeline, uint64_t position, enum timeline_stop_reason reason,
                  struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t origin = timeline->position;

    timeline->position = timeline->point_of_interest = position;
    if (position != origin) {
        timeline->on_device_hit = false;
    }
    if (timeline_return(timeline, error)) {
        return -1;
    }
    return timeline_stop_at(timeline, reason, stop);
}

static int arrive_at_hit(struct timeline *timeline, const struct worker_hit *hit,
                         struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t position = timeline_backward_position(hit);
    bool execute = hit->kind == WORKER_BREAK_EXECUTE;

    if (arrive(timeline, position, execute ? TIMELINE_STOP_BREAKPOINT : TIMELINE_STOP_WATCHPOINT,
               stop, error)) {
        return -1;
    }
    timeline->on_device_hit |= hit->by_device && !hit->nested;
    timeline_describe_hit(hit, stop);
    return 0;
}

static bool is_device_hit(const struct worker_hit *hit)
{
    return hit->by_device && !hit->nested;
}

static int try_instruction_before(struct timeline *timeline, bool with_breakpoint,
                                  struct search_result *found, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    uint64_t position = timeline->position;
    struct run_result result;

    found->kind = SEARCH_NOTHING;
    if (timeline_reach(timeline, position - 1, &result, error)) {
        return -1;
    }
    if (result.reason == WORKER_STOP_INTERRUPTED) {
        found->kind = SEARCH_INTERRUPTED;
        return 0;
    }
    if (result.reason != WORKER_STOP_LIMIT) {
        found->kind = SEARCH_DIVERGED;
        return 0;
    }
    if (replica_set_breakpoints(replica, &timeline->breakpoints, error) ||
        timeline_run(timeline, replica, position, with_breakpoint ? WORKER_RUN_HIT_AT_START : 0,
                     &result, error)) {
        return -1;
    }
    if (result.hit && result.last_hit.kind == WORKER_BREAK_EXECUTE) {
        *found = (struct search_result){.kind = SEARCH_HIT, .hit = result.last_hit};
        if (timeline_run(timeline, replica, position, 0, &result, error)) {
            return -1;
        }
    }
    if (result.hit && result.last_hit.kind != WORKER_BREAK_EXECUTE &&
        !is_device_hit(&result.last_hit)) {
        *found = (struct search_result){.kind = SEARCH_HIT, .hit = result.last_hit};
    }
    return 0;
}

/*
 * What there is at the instruction before the timeline's position, the device's write on reaching
 * the position aside, which would hide it from a search.
 */
static int instruction_before(struct timeline *timeline, bool with_breakpoint,
                              struct search_result *found, struct ebb_error *error)
{
    int result;

    do {
        result = try_instruction_before(timeline, with_breakpoint, found, error);
    } while (result && timeline_recover(timeline, 0, error));
    return result;
}

/* What a search backward to `from` finds first. */
static int find(struct timeline *timeline, uint64_t from, bool at_from, struct search_result *found,
                struct ebb_error *error)
{
    uint64_t to = timeline->position;

    found->kind = SEARCH_NOTHING;
    if (!timeline->breakpoints.count) {
        return 0;
    }
    if (timeline->on_device_hit) {
        if (instruction_before(timeline, to - 1 > from || at_from, found, error)) {
            return -1;
        }
        to--;
    }
    if (found->kind != SEARCH_NOTHING || to == from) {
        return 0;
    }
    return timeline_search(timeline, from, at_from, to, found, error);
}

/* Goes where a search leads; if it found nothing, to position, for that reason. */
static int end_search(struct timeline *timeline, const struct search_result *found,
                      uint64_t position, enum timeline_stop_reason reason,
                      struct timeline_stop *stop, struct ebb_error *error)
{
    switch (found->kind) {
    case SEARCH_HIT:
        return arrive_at_hit(timeline, &found->hit, stop, error);
    case SEARCH_INTERRUPTED:
        return arrive(timeline, timeline->position, TIMELINE_STOP_INTERRUPTED, stop, error);
    case SEARCH_DIVERGED:
        return arrive(timeline, timeline->position, TIMELINE_STOP_DIVERGED, stop, error);
    default:
        return arrive(timeline, position, reason, stop, error);
    }
}

static int move_backward(struct timeline *timeline, uint64_t from, bool at_from,
                         struct timeline_stop *stop, struct ebb_error *error)
{
    struct search_result found;

    if (secure_return(timeline, error) || find(timeline, from, at_from, &found, error)) {
        return -1;
    }
    timeline->uninterruptible = true;
    return end_search(timeline, &found, from, at_from ? TIMELINE_STOP_BEGIN : TIMELINE_STOP_STEP,
                      stop, error);
}

int timeline_run_backward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    int begun = timeline_begin_move(timeline, limit, stop, error);
    bool to_begin = limit <= timeline->begin;
    uint64_t from = to_begin ? timeline->begin : limit;

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (timeline->position <= from) {
        return timeline_stop_at(timeline, to_begin ? TIMELINE_STOP_BEGIN : TIMELINE_STOP_STEP,
                                stop);
    }
    return move_backward(timeline, from, to_begin, stop, error);
}

/* The last hit on the way from the state before; looks closely, since it is one instruction. */
static int find_in_step(struct timeline *timeline, struct search_result *found,
                        struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    struct run_result result;
    int outcome;

    if (timeline->on_device_hit) {
        return instruction_before(timeline, false, found, error);
    }
    *found = (struct search_result){.kind = SEARCH_NOTHING};
    do {
        outcome = timeline_reach(timeline, timeline->position - 1, &result, error);
        if (outcome == 0 && result.reason == WORKER_STOP_LIMIT) {
            outcome = replica_set_breakpoints(replica, &timeline->breakpoints, error) ||
                              timeline_run(timeline, replica, timeline->position,
                                           WORKER_RUN_LAST_HIT, &result, error)
                          ? -1
                          : 0;
        }
    } while (outcome && timeline_recover(timeline, 0, error));
    if (outcome) {
        return -1;
    }
    if (result.reason == WORKER_STOP_INTERRUPTED) {
        found->kind = SEARCH_INTERRUPTED;
    } else if (result.reason == WORKER_STOP_DIVERGED) {
        found->kind = SEARCH_DIVERGED;
    } else if (result.hit) {
        *found = (struct search_result){.kind = SEARCH_HIT, .hit = result.last_hit};
    }
    return 0;
}

int timeline_reverse_step(struct timeline *timeline, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    struct search_result found = {.kind = SEARCH_NOTHING};
    int begun = timeline_begin_move(timeline, timeline->position - 1, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (timeline->position <= timeline->begin) {
        return timeline_stop_at(timeline, TIMELINE_STOP_BEGIN, stop);
    }
    if (breakpoints_have_watch(&timeline->breakpoints) && find_in_step(timeline, &found, error)) {
        return -1;
    }
    timeline->uninterruptible = found.kind != SEARCH_NOTHING;
    return end_search(timeline, &found, timeline->position - 1, TIMELINE_STOP_STEP, stop, error);
}
