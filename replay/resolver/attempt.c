/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include <stdlib.h>

static struct worker_override *list_overrides(const struct decision_list *decisions)
{
    struct worker_override *list = calloc(decisions->count + 1, sizeof(*list));

    for (size_t i = 0; list && i < decisions->count; i++) {
        list[i] = decisions->list[i].override;
    }
    return list;
}

static int try_attempt(struct interval *interval, const struct attempt *attempt,
                       const struct worker_override *overrides,
                       struct worker_client_resolution *resolution, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    struct worker_resolve request = {
        .until_event = attempt->until_event,
        .limit = attempt->limit,
        .give_up = attempt->give_up,
        .slack = attempt->slack,
        .flags = attempt->flags,
        .override_count = attempt->decisions->count,
    };
    bool there = interval->at == attempt->from;

    interval->at = NULL;
    if (runner_start(runner, error)) {
        return -1;
    }
    if (!there && replica_restore(&runner->replica, attempt->from->checkpoint, error)) {
        return -1;
    }
    if (worker_client_resolve_begin(runner->replica.worker, &request, overrides, error)) {
        return -1;
    }
    return worker_client_resolve_end(runner->replica.worker, resolution, error);
}

struct attempt attempt_plan(const struct interval *interval, struct trail *from,
                            const struct decision_list *decisions, uint64_t until_event)
{
    return (struct attempt){
        .from = from,
        .decisions = decisions,
        .until_event = until_event,
        .limit = UINT64_MAX,
        .give_up = interval->give_up,
        .slack = interval->slack,
        .flags = interval->narrow ? WORKER_RESOLVE_NARROW : 0,
    };
}

int attempt_run(struct interval *interval, const struct attempt *attempt,
                struct worker_client_resolution *resolution, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    struct worker_override *overrides = list_overrides(attempt->decisions);
    int result;

    *resolution = (struct worker_client_resolution){0};
    if (!overrides) {
        return ebb_fail_memory(error);
    }
    do {
        worker_client_resolution_free(resolution);
        if (atomic_load(runner->stopping)) {
            result = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
            break;
        }
        result = try_attempt(interval, attempt, overrides, resolution, error);
    } while (result && runner_recover(runner, error));
    free(overrides);
    if (result == 0 && resolution->head.reason == WORKER_RESOLVE_INTERRUPTED) {
        result = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    if (result == 0) {
        runner->deaths = 0;
    }
    return result;
}

/* Going along. */

/* Adds the stretch that the worker has just run, with a checkpoint of where it is now. */
static struct trail *extend(struct interval *interval, struct trail *from,
                            const struct worker_client_resolution *resolution,
                            const struct decision_list *decisions, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    struct checkpoint *checkpoint =
        replica_capture(&runner->replica, resolution->head.position, error);
    struct trail *trail;

    if (!checkpoint) {
        return NULL;
    }
    trail = trail_extend(from, resolution, decisions, checkpoint, error);
    checkpoint_release(checkpoint);
    if (trail) {
        interval->at = trail;
    }
    return trail;
}

/* One stretch: 1, and *tip moves to its end; 0 and *failure; -1. The worker dying while it tells
 * its state is as good as its dying before. */
static int run_stretch(struct interval *interval, const struct attempt *attempt, struct trail **tip,
                       struct failure *failure, bool *arrived, struct ebb_error *error)
{
    struct worker_client_resolution resolution;
    struct trail *next;
    int result;

    do {
        if (attempt_run(interval, attempt, &resolution, error)) {
            worker_client_resolution_free(&resolution);
            return -1;
        }
        if (failure_is(&resolution)) {
            *failure = failure_of(&resolution, trail_counts(attempt->from).anchors);
            worker_client_resolution_free(&resolution);
            return 0;
        }
        next = extend(interval, attempt->from, &resolution, attempt->decisions, error);
        *arrived = resolution.head.reason == WORKER_RESOLVE_DONE;
        worker_client_resolution_free(&resolution);
    } while (!next && runner_recover(interval->runner, error));
    result = next ? 1 : -1;
    if (next && !*arrived && next->position == attempt->from->position &&
        next->event_number == attempt->from->event_number) {
        trail_release(next);
        interval->at = NULL;
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "a worker does not get on; is it of the same build as ebb?");
    }
    if (next) {
        trail_release(*tip);
        *tip = next;
    }
    return result;
}

int attempt_reach(struct interval *interval, const struct attempt *attempt, uint64_t every,
                  struct trail **tip, struct failure *failure, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    struct attempt stretch = *attempt;
    bool arrived = attempt->from->event_number == attempt->until_event;
    int result = 1;

    *failure = (struct failure){0};
    *tip = trail_take(attempt->from);
    while (result > 0 && !arrived) {
        stretch.from = *tip;
        stretch.limit = every ? (*tip)->position + every : UINT64_MAX;
        result = run_stretch(interval, &stretch, tip, failure, &arrived, error);
        if (every) {
            trail_thin(*tip, runner->store, runner->task->store_budget);
        }
    }
    if (result < 0) {
        trail_release(*tip);
        *tip = NULL;
    }
    return result;
}
