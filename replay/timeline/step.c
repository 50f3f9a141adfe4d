/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One instruction forward or back, and forward by a range. */
#include "backward.h"
#include "breakpoints.h"
#include "move.h"
#include "reach.h"
#include "recovery.h"
#include "run.h"
#include "step.h"
#include "answer.h"

int step_to_handler(struct timeline *timeline, const struct timeline_range *range, uint64_t limit,
                    struct timeline_stop *stop, struct ebb_error *error)
{
    static const struct worker_breakpoint entry = {.kind = WORKER_BREAK_INTERRUPT};
    struct breakpoint_list users;
    int status;

    if (breakpoints_extend(timeline, &entry, 1, &users, error)) {
        return -1;
    }
    status = run_in_range(timeline, range, limit, stop, error);
    breakpoints_restore(timeline, &users);
    return status;
}

int timeline_step(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t start = timeline->moment.position;
    int begun = move_begin(timeline, start + 1, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (start >= timeline->end) {
        return answer_end(timeline, stop);
    }
    if (step_to_handler(timeline, NULL, start + 1, stop, error)) {
        return -1;
    }
    if (stop->reason == TIMELINE_STOP_END && timeline->moment.position > start) {
        stop->reason = TIMELINE_STOP_STEP;
    }
    return 0;
}

int timeline_step_range(struct timeline *timeline, const struct timeline_range *range,
                        struct timeline_stop *stop, struct ebb_error *error)
{
    int begun = move_begin(timeline, timeline->end, stop, error);

    return begun ? (begun < 0 ? -1 : 0) : run_in_range(timeline, range, timeline->end, stop, error);
}

static int look_at_step(struct timeline *timeline, struct drive_result *result,
                        struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    uint64_t before = timeline->moment.position - 1;
    struct worker_run run = {.reported = moment_settled(before),
                             .limit = timeline->moment,
                             .flags = WORKER_RUN_LAST_HIT};

    if (reach_position(timeline, before, result, error)) {
        return -1;
    }
    if (result->reason != WORKER_STOP_LIMIT) {
        return 0;
    }
    return replica_set_breakpoints(replica, &timeline->breakpoints, error) ||
                   drive_run(timeline, replica, &run, result, error)
               ? -1
               : 0;
}

/* The last hit on the way from the state before; looks closely, since it is one instruction. */
static int find_in_step(struct timeline *timeline, struct search_result *found,
                        struct ebb_error *error)
{
    struct drive_result result;
    int outcome;

    *found = (struct search_result){.kind = SEARCH_NOTHING};
    do {
        outcome = look_at_step(timeline, &result, error);
    } while (outcome && recovery_try_again(timeline, 0, error));
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

int step_back(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error)
{
    struct search_result found = {.kind = SEARCH_NOTHING};

    if (timeline->moment.position <= timeline->begin) {
        return answer_here(timeline, TIMELINE_STOP_BEGIN, stop);
    }
    if (breakpoints_have_watch(&timeline->breakpoints) && find_in_step(timeline, &found, error)) {
        return -1;
    }
    timeline->uninterruptible = found.kind != SEARCH_NOTHING;
    return backward_end(timeline, &found, timeline->moment.position - 1, TIMELINE_STOP_STEP, stop,
                        error);
}

int timeline_reverse_step(struct timeline *timeline, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    int begun = move_begin(timeline, timeline->moment.position - 1, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    return step_back(timeline, stop, error);
}
