/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"
#include "drive.h"
#include "move.h"
#include "placement.h"
#include "recovery.h"
#include "searched.h"
#include "seek.h"
#include "answer.h"

/* One stretch of a run forward, to the next checkpoint's place at most. Whoever gets to the end of
 * the run will want to go back from there: checkpoints get closer towards it. */
static int run_stretch(struct timeline *timeline, const struct timeline_range *range,
                       uint64_t start, uint64_t target, struct drive_result *result,
                       struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    uint64_t stop = placement_next_stop(timeline, timeline->moment.position, target, true);
    struct worker_run run = {.reported = moment_settled(start), .limit = moment_settled(stop)};

    if (range) {
        run.flags = WORKER_RUN_RANGE;
        run.range_start = range->start;
        run.range_end = range->end;
    }
    if (replica_set_breakpoints(replica, &timeline->breakpoints, error) ||
        drive_run(timeline, replica, &run, result, error)) {
        return -1;
    }
    if (result->reason == WORKER_STOP_LIMIT && stop < target) {
        return placement_take(timeline, replica, error);
    }
    return 0;
}

/* The stop is where the hit is; a worker may have gone one instruction farther before it knew of a
 * write that a device made inside of that instruction. */
static int end_at_hit(struct timeline *timeline, const struct worker_hit *hit,
                      struct timeline_stop *stop, struct ebb_error *error)
{
    move_arrive_at_hit(timeline, hit->moment.position, hit);
    if (move_reach_present(timeline, error)) {
        return -1;
    }
    return answer_hit(timeline, hit, stop);
}

/* Takes note of how far a stretch has led. Returns 1 if the move is over, else 0, or -1. */
static int end_stretch(struct timeline *timeline, const struct drive_result *result,
                       struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t position = result->moment.position;

    switch (result->reason) {
    case WORKER_STOP_HIT:
        return end_at_hit(timeline, &result->last_hit, stop, error) ? -1 : 1;
    case WORKER_STOP_DIVERGED:
        return move_end_at_divergence(timeline, position, stop, error) ? -1 : 1;
    default:
        move_arrive(timeline, position);
        timeline->point_of_interest = position;
        timeline->interrupted |= result->reason == WORKER_STOP_INTERRUPTED;
        if (result->reason == WORKER_STOP_END) {
            move_end_early(timeline, position, stop);
            return 1;
        }
        if (result->reason == WORKER_STOP_LEFT) {
            answer_here(timeline, TIMELINE_STOP_STEP, stop);
            return 1;
        }
        return 0;
    }
}

int run_in_range(struct timeline *timeline, const struct timeline_range *range, uint64_t limit,
                 struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t target = limit < timeline->end ? limit : timeline->end;
    uint64_t start = timeline->moment.position;
    struct drive_result result;
    int over = 0;

    while (timeline->moment.position < target) {
        if (timeline->interrupted) {
            return answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop);
        }
        if (move_reach_present(timeline, error)) {
            return -1;
        }
        if (run_stretch(timeline, range, start, target, &result, error)) {
            if (!recovery_try_again(timeline, 0, error)) {
                return -1;
            }
            continue;
        }
        over = end_stretch(timeline, &result, stop, error);
        if (over) {
            return over < 0 ? -1 : 0;
        }
    }
    return limit >= timeline->end ? answer_end(timeline, stop)
                                  : answer_here(timeline, TIMELINE_STOP_STEP, stop);
}

int run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                struct ebb_error *error)
{
    return run_in_range(timeline, NULL, limit, stop, error);
}

/* Goes straight to where a run ends that meets no breakpoint, as is known from before. */
static int skip_to(struct timeline *timeline, uint64_t target, bool is_end,
                   struct timeline_stop *stop, struct ebb_error *error)
{
    if (seek_to(timeline, target, stop, error)) {
        return -1;
    }
    return is_end && stop->reason == TIMELINE_STOP_STEP ? answer_end(timeline, stop) : 0;
}

static bool is_nothing_ahead(const struct timeline *timeline, struct moment from, struct moment to)
{
    struct search_result found;

    return timeline->breakpoints.count && searched_before(timeline, from, to, &found) &&
           found.kind == SEARCH_NOTHING;
}

static void keep_nothing(struct timeline *timeline, struct moment from,
                         const struct timeline_stop *stop)
{
    static const struct search_result nothing = {.kind = SEARCH_NOTHING};

    if (timeline->breakpoints.count &&
        (stop->reason == TIMELINE_STOP_END || stop->reason == TIMELINE_STOP_STEP)) {
        searched_keep(timeline, from, moment_settled(timeline->moment.position), &nothing);
    }
}

int timeline_run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                         struct ebb_error *error)
{
    uint64_t target = limit < timeline->end ? limit : timeline->end;
    int begun = move_begin(timeline, limit, stop, error);
    struct moment from = moment_settled(timeline->moment.position);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (moment_before(from, moment_settled(target)) &&
        is_nothing_ahead(timeline, from, moment_settled(target))) {
        return skip_to(timeline, target, limit >= timeline->end, stop, error);
    }
    if (run_forward(timeline, limit, stop, error)) {
        return -1;
    }
    keep_nothing(timeline, from, stop);
    return 0;
}
