/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"

int search_wider(struct trial *trial, uint64_t give_up, struct ebb_error *error)
{
    struct interval *interval = trial->interval;
    const struct failure *failed = &trial->branch->failure;
    struct attempt attempt = {.decisions = &decision_none,
                              .until_event = failed->event_number + 1,
                              .give_up = give_up,
                              .slack = UINT32_MAX}; /* from the event before on */
    struct place from;
    int result;

    if (failed->kind != FAILURE_NO_MATCH || trial_exhausted(trial)) {
        return TRIAL_NOTHING;
    }
    result = trial_go_before(trial, failed->event_number, &from, error);
    if (result <= 0) {
        return result;
    }
    attempt.from = from.trail;
    interval->effort.searches++;
    result = trial_take(trial, &attempt, error);
    trial_leave(&from);
    if (result > TRIAL_NOTHING) {
        interval->slack = attempt.slack;
        interval->give_up = give_up > interval->give_up ? give_up : interval->give_up;
    }
    return result;
}
