/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interval_resolve.h"

#include "branch.h"
#include "finish.h"
#include "narrow.h"
#include "repair.h"

#include <stdlib.h>

/* 1 if exits were recorded in the interval, 0, or -1. */
static int has_exits(const struct interval *interval, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
    int result = cursor ? ebb_cursor_seek_event(cursor, interval->first_event, error) : -1;
    bool found = false;

    for (uint64_t number = interval->first_event;
         number < interval->until_event && !found && result == 0; number++) {
        struct ebb_event event;

        result = ebb_cursor_next(cursor, &event, error) > 0 ? 0 : -1;
        found = result == 0 && event.kind == EBB_EVENT_EXIT;
    }
    ebb_cursor_free(cursor);
    return result ? -1 : found;
}

/*
 * What the exits say did not fit. In most guests a store-exclusive that fails is tried again, and
 * all fits without them: then that is as good. Of two ways that do not the one that gets farther is
 * left in *branch.
 */
static int finish_without_exits(struct interval *interval, struct branch *branch,
                                struct ebb_error *error)
{
    struct decision skip = decision_skip_exits(interval->first_event, interval->until_event);
    struct branch other = {0};
    int status = has_exits(interval, error);

    if (status <= 0) {
        return status;
    }
    status = finish_interval(interval, interval->root, &(struct decision_list){&skip, 1},
                             &other.tip, &other.failure, error);
    if (status > 0 || (status == 0 && other.failure.event_number > branch->failure.event_number)) {
        branch_replace(branch, &other);
    }
    branch_clear(&other);
    return status;
}

/* To the interval's end, if it gets there without guessing; else as far as it gets. */
static int finish(struct interval *interval, struct branch *branch, struct ebb_error *error)
{
    int status = narrow_finish(interval, &branch->tip, &branch->failure, error);

    if (status == 0) {
        branch_clear(branch);
        status = finish_interval(interval, interval->root, &decision_none, &branch->tip,
                                 &branch->failure, error);
    }
    return status;
}

/* Goes to an event on the way that a branch took. As attempt_reach(). */
static int reach_event(struct interval *interval, const struct branch *branch, uint64_t event,
                       struct trail **tip, struct failure *failure, struct ebb_error *error)
{
    struct decision_list decisions = {0};
    struct attempt attempt =
        attempt_plan(interval, trail_restorable(branch->tip, event), &decisions, event);
    int reached;

    if (trail_decisions(branch->tip, attempt.from, &decisions)) {
        free(decisions.list);
        return ebb_fail_memory(error);
    }
    reached = attempt_reach(interval, &attempt, 0, tip, failure, error);
    free(decisions.list);
    return reached;
}

/*
 * Ends the interval before the event that does not fit. A way that is gone again may end earlier,
 * with anchors found elsewhere, or not come to the event at all: what is kept must be one that was
 * gone.
 */
static int give_up(struct interval *interval, const struct branch *branch,
                   struct resolve_findings *findings, struct ebb_error *error)
{
    const struct failure none = {0}, *last = &branch->failure;
    uint64_t event = branch->failure.event_number;
    struct failure failure = {0};
    struct trail *tip;
    int reached, status;

    while ((reached = reach_event(interval, branch, event, &tip, &failure, error)) == 0 &&
           event > interval->first_event) {
        trail_release(tip);
        event = failure.event_number < event ? failure.event_number : event - 1;
        failure_clear(&failure);
        last = &none;
    }
    failure_clear(&failure);
    if (reached < 0) {
        return -1;
    }
    status = findings_collect(findings, interval, tip, error);
    if (status == 0) {
        status = findings_explain(findings, interval, &branch->failure, last, error);
    }
    trail_release(tip);
    return status;
}

static int resolve(struct interval *interval, atomic_bool *repairing,
                   struct resolve_findings *findings, struct ebb_error *error)
{
    struct branch branch = {0};
    int status = finish(interval, &branch, error);

    if (status == 0) {
        atomic_store(repairing, true);
        status = finish_without_exits(interval, &branch, error);
        status = status ? status : repair_interval(interval, &branch, error);
        atomic_store(repairing, false);
    }
    if (status == 0) {
        status = give_up(interval, &branch, findings, error);
    } else if (status > 0) {
        status = findings_collect(findings, interval, branch.tip, error);
    }
    branch_clear(&branch);
    return status;
}

int interval_resolve(struct runner *runner, uint64_t number, atomic_bool *repairing,
                     struct resolve_findings *findings, struct ebb_error *error)
{
    struct interval interval;
    int status = interval_open(&interval, runner, number, error);

    *findings = (struct resolve_findings){0};
    if (status == 0) {
        status = resolve(&interval, repairing, findings, error);
    }
    interval_close(&interval);
    if (status) {
        resolve_findings_free(findings);
    }
    return status;
}
