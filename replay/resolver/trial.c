/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial.h"

#include "finish.h"

#include <stdlib.h>

void trial_clear(struct trial *trial)
{
    for (size_t i = 0; i < trial->advanced_count; i++) {
        branch_clear(&trial->advanced[i]);
    }
    trial->advanced_count = 0;
}

bool trial_exhausted(const struct trial *trial)
{
    return effort_exhausted(&trial->interval->effort);
}

uint64_t trial_event_behind_failure(const struct trial *trial)
{
    uint64_t failed = trial->branch->failure.event_number;

    return failed + (failed < trial->interval->until_event);
}

/* Going there. */

int trial_collect(const struct trial *trial, const struct place *place,
                  const struct decision_list *more, struct decision_list *decisions,
                  struct ebb_error *error)
{
    int result;

    *decisions = (struct decision_list){0};
    result = trail_decisions(trial->branch->tip, place->ancestor, decisions);
    for (size_t i = 0; i < more->count && result == 0; i++) {
        result = decision_list_add(decisions, &more->list[i]);
    }
    if (result) {
        free(decisions->list);
        *decisions = (struct decision_list){0};
        return ebb_fail_memory(error);
    }
    return 0;
}

void trial_leave(struct place *place)
{
    place->trail->pins--;
    trail_release(place->trail);
}

int trial_go_before(struct trial *trial, uint64_t number, struct place *place,
                    struct ebb_error *error)
{
    struct failure failure;
    struct decision_list decisions = {0};
    struct attempt attempt = attempt_plan(
        trial->interval, trail_restorable(trial->branch->tip, number), &decisions, number);
    int result;

    *place = (struct place){.ancestor = attempt.from};
    if (trial_collect(trial, place, &decision_none, &decisions, error)) {
        return -1;
    }
    result = attempt_reach(trial->interval, &attempt, 0, &place->trail, &failure, error);
    free(decisions.list);
    if (result > 0) {
        place->trail->pins++;
    } else if (result == 0) {
        failure_clear(&failure);
        trail_release(place->trail);
    }
    return result;
}

int trial_go_back(struct trial *trial, size_t back, struct place *place, struct ebb_error *error)
{
    return trial_go_before(trial,
                           anchor_list_event_behind(&trial->interval->anchors,
                                                    trial->branch->failure.event_number, back),
                           place, error);
}

/* Trying. */

static void remember(struct trial *trial, struct branch *branch)
{
    size_t worst = 0;

    if (trial->advanced_count < TRIAL_MAX_ADVANCED) {
        trial->advanced[trial->advanced_count++] = *branch;
        return;
    }
    for (size_t i = 1; i < TRIAL_MAX_ADVANCED; i++) {
        if (failure_is_nearer(&trial->advanced[worst].failure, &trial->advanced[i].failure)) {
            worst = i;
        }
    }
    if (failure_is_nearer(&branch->failure, &trial->advanced[worst].failure)) {
        branch_replace(&trial->advanced[worst], branch);
    } else {
        branch_clear(branch);
    }
}

/* A candidate is past the failure, at tip: how far does it get? Takes over tip. */
static int go_on(struct trial *trial, struct trail *tip, struct ebb_error *error)
{
    struct failure *failed = &trial->branch->failure;
    struct branch branch = {0};
    int result =
        finish_interval(trial->interval, tip, &decision_none, &branch.tip, &branch.failure, error);

    trail_release(tip);
    if (result < 0) {
        return TRIAL_ERROR;
    }
    if (result > 0 || branch.failure.anchors >= failed->anchors + TRIAL_FAR_ANCHORS) {
        trial->done = branch;
        return result > 0 ? TRIAL_WHOLE : TRIAL_FAR;
    }
    if (failure_is_nearer(&branch.failure, failed)) {
        remember(trial, &branch);
    } else {
        branch_clear(&branch);
    }
    return TRIAL_NOTHING;
}

/* Reaches the attempt's end: 1, and *tip, or a result. */
static int reach(struct trial *trial, const struct attempt *attempt, struct trail **tip,
                 struct ebb_error *error)
{
    struct failure failure;
    int result;

    trial->interval->effort.replays++;
    result = attempt_reach(trial->interval, attempt, 0, tip, &failure, error);
    if (result == 0) {
        failure_clear(&failure);
        trail_release(*tip);
    }
    return result < 0 ? TRIAL_ERROR : result > 0 ? 1 : TRIAL_NOTHING;
}

int trial_take(struct trial *trial, const struct attempt *attempt, struct ebb_error *error)
{
    struct trail *tip;
    int result = reach(trial, attempt, &tip, error);

    if (result > 0) {
        result = finish_interval(trial->interval, tip, &decision_none, &trial->done.tip,
                                 &trial->done.failure, error);
        result = result < 0 ? TRIAL_ERROR : result > 0 ? TRIAL_WHOLE : TRIAL_FAR;
        trail_release(tip);
    }
    return result;
}

int trial_run(struct trial *trial, const struct place *from, const struct decision_list *more,
              struct ebb_error *error)
{
    struct decision_list decisions = {0};
    struct attempt attempt =
        attempt_plan(trial->interval, from->trail, &decisions, trial_event_behind_failure(trial));
    struct trail *tip;
    int result;

    attempt.give_up = TRIAL_GIVE_UP;
    if (trial_collect(trial, from, more, &decisions, error)) {
        return TRIAL_ERROR;
    }
    result = reach(trial, &attempt, &tip, error);
    if (result > 0) {
        result = go_on(trial, tip, error);
    }
    free(decisions.list);
    return result;
}
