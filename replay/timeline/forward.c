/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

int timeline_stop_at(struct timeline *timeline, enum timeline_stop_reason reason,
                     struct timeline_stop *stop)
{
    /* A second interruption of the same move is not meant for the next one. */
    if (reason == TIMELINE_STOP_INTERRUPTED) {
        timeline_take_interrupt(timeline);
    }
    stop->reason = reason;
    stop->position = timeline->position;
    stop->report = reason == TIMELINE_STOP_DIVERGED ? timeline->report : NULL;
    return 0;
}

void timeline_describe_hit(const struct worker_hit *hit, struct timeline_stop *stop)
{
    stop->kind = (enum timeline_breakpoint_kind)hit->kind;
    stop->by_device = hit->by_device;
    stop->address = hit->kind == WORKER_BREAK_EXECUTE ? hit->address : hit->data_address;
}

int timeline_begin_move(struct timeline *timeline, uint64_t to, struct timeline_stop *stop,
                        struct ebb_error *error)
{
    *stop = (struct timeline_stop){0};
    timeline_forget_deaths(timeline);
    timeline->interrupted = false;
    timeline->uninterruptible = false;
    timeline->progress_from = timeline->position;
    timeline->progress_to = to < timeline->begin ? timeline->begin
                            : to > timeline->end ? timeline->end
                                                 : to;
    timeline->progress_time = timeline_clock();
    timeline->point_of_interest = timeline->position;
    if (timeline->diversion && timeline_drop_diversion(timeline, error)) {
        return -1;
    }
    if (timeline_take_interrupt(timeline)) {
        timeline_stop_at(timeline, TIMELINE_STOP_INTERRUPTED, stop);
        return 1;
    }
    return 0;
}

/* Settles replica 0 at the timeline's position, or says why not. */
static int settle(struct timeline *timeline, struct ebb_error *error)
{
    int result = timeline_return(timeline, error);

    timeline->point_of_interest = timeline->position;
    return result;
}

/*
 * Replay and log disagree at a position: history ends there, or just before if the position itself
 * cannot be reached (an asynchronous event that does not fit).
 */
static int end_at_divergence(struct timeline *timeline, uint64_t position,
                             struct timeline_stop *stop, struct ebb_error *error)
{
    timeline->uninterruptible = true;
    timeline->end = timeline->position = position;
    timeline->diverged = true;
    if (settle(timeline, error)) {
        if (error->kind != EBB_ERROR_DIVERGED || position == timeline->begin) {
            return -1;
        }
        timeline->end = timeline->position = position - 1;
        if (settle(timeline, error)) {
            return -1;
        }
    }
    return timeline_stop_at(timeline, TIMELINE_STOP_DIVERGED, stop);
}

/* At the last position: the end of the recording, or of what could be replayed. */
static int stop_at_end(struct timeline *timeline, struct timeline_stop *stop)
{
    return timeline_stop_at(timeline,
                            timeline->diverged ? TIMELINE_STOP_DIVERGED : TIMELINE_STOP_END, stop);
}

/* The log ended at an earlier position than its summary promised. */
static int end_early(struct timeline *timeline, uint64_t position, struct timeline_stop *stop)
{
    timeline->end = timeline->position = position;
    return timeline_stop_at(timeline, TIMELINE_STOP_END, stop);
}

int timeline_seek(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                  struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    struct run_result result;
    int begun = timeline_begin_move(timeline, position, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (position < timeline->begin || position > timeline->end) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "position %llu is outside of the history, which goes from %llu to %llu",
                        (unsigned long long)position, (unsigned long long)timeline->begin,
                        (unsigned long long)timeline->end);
    }
    timeline->on_device_hit = false;
    timeline->point_of_interest = position;
    if (timeline_reach(timeline, timeline_approach(timeline, position), &result, error) ||
        (result.reason == WORKER_STOP_LIMIT &&
         timeline_reach(timeline, position, &result, error))) {
        return -1;
    }
    if (result.reason == WORKER_STOP_DIVERGED) {
        return end_at_divergence(timeline, result.position, stop, error);
    }
    timeline->position = replica->position;
    switch (result.reason) {
    case WORKER_STOP_END:
        return end_early(timeline, result.position, stop);
    case WORKER_STOP_INTERRUPTED:
        return timeline_stop_at(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    default:
        return timeline_stop_at(timeline, TIMELINE_STOP_STEP, stop);
    }
}

/*
 * A hit going forward. The stop is at the hit's position; a worker may have gone one instruction
 * farther before it knew of a write that a device made inside of that instruction.
 */
static int stop_at_hit(struct timeline *timeline, const struct worker_hit *hit,
                       struct timeline_stop *stop, struct ebb_error *error)
{
    timeline->on_device_hit = (hit->by_device && !hit->nested) ||
                              (timeline->on_device_hit && timeline->position == hit->position);
    timeline->position = hit->position;
    if (settle(timeline, error)) {
        return -1;
    }
    timeline_describe_hit(hit, stop);
    return timeline_stop_at(timeline,
                            hit->kind == WORKER_BREAK_EXECUTE ? TIMELINE_STOP_BREAKPOINT
                                                              : TIMELINE_STOP_WATCHPOINT,
                            stop);
}

/* One stretch of a run forward, to the next checkpoint's place at most. Whoever gets to the end of
 * the run will want to go back from there: checkpoints get closer towards it. */
static int run_stretch(struct timeline *timeline, uint64_t start, uint64_t target,
                       struct run_result *result, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    uint64_t stop = timeline_next_stop(timeline, timeline->position, target, true);
    uint32_t flags = timeline->position > start ? WORKER_RUN_HIT_AT_START : 0;

    if (replica_set_breakpoints(replica, &timeline->breakpoints, error) ||
        timeline_run(timeline, replica, stop, flags, result, error)) {
        return -1;
    }
    if (result->reason == WORKER_STOP_LIMIT && stop < target) {
        return timeline_place(timeline, replica, error);
    }
    return 0;
}

static int move_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                        struct ebb_error *error)
{
    uint64_t target = limit < timeline->end ? limit : timeline->end, start = timeline->position;
    struct run_result result;

    while (timeline->position < target) {
        if (timeline->interrupted) {
            return timeline_stop_at(timeline, TIMELINE_STOP_INTERRUPTED, stop);
        }
        if (settle(timeline, error)) {
            return -1;
        }
        if (run_stretch(timeline, start, target, &result, error)) {
            if (!timeline_recover(timeline, 0, error)) {
                return -1;
            }
            continue;
        }
        if (result.reason == WORKER_STOP_HIT) {
            return stop_at_hit(timeline, &result.last_hit, stop, error);
        }
        if (result.reason == WORKER_STOP_DIVERGED) {
            return end_at_divergence(timeline, result.position, stop, error);
        }
        if (result.position > timeline->position) {
            timeline->on_device_hit = false;
        }
        timeline->position = timeline->point_of_interest = result.position;
        if (result.reason == WORKER_STOP_END) {
            return end_early(timeline, result.position, stop);
        }
        timeline->interrupted |= result.reason == WORKER_STOP_INTERRUPTED;
    }
    return limit >= timeline->end ? stop_at_end(timeline, stop)
                                  : timeline_stop_at(timeline, TIMELINE_STOP_STEP, stop);
}

int timeline_run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                         struct ebb_error *error)
{
    int begun = timeline_begin_move(timeline, limit, stop, error);

    return begun ? (begun < 0 ? -1 : 0) : move_forward(timeline, limit, stop, error);
}

int timeline_step(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t start = timeline->position;
    int begun = timeline_begin_move(timeline, start + 1, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (start >= timeline->end) {
        return stop_at_end(timeline, stop);
    }
    if (move_forward(timeline, start + 1, stop, error)) {
        return -1;
    }
    if (stop->reason == TIMELINE_STOP_END && timeline->position > start) {
        stop->reason = TIMELINE_STOP_STEP;
    }
    return 0;
}
