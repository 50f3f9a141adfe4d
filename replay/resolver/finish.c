/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "finish.h"

#include "verify.h"

/* Verifies the interval's end; *tip is there, the worker too or not. */
static int verify_end(struct interval *interval, struct trail *tip, struct failure *failure,
                      struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    int result;

    *failure = (struct failure){
        .kind = FAILURE_WRONG_END,
        .event_number = interval->until_event,
        .position = tip->position,
        .anchors = trail_counts(tip).anchors,
    };
    do {
        result = 0;
        if (interval->at != tip) {
            result = runner_start(runner, error);
            result = result ? -1 : replica_restore(&runner->replica, tip->checkpoint, error);
        }
        interval->at = result == 0 ? tip : NULL;
        result = result ? -1 : verify_interval(interval, tip, failure, error);
    } while (result < 0 && runner_recover(runner, error));
    return result;
}

int finish_interval(struct interval *interval, struct trail *from,
                    const struct decision_list *decisions, struct trail **tip,
                    struct failure *failure, struct ebb_error *error)
{
    struct attempt attempt = attempt_plan(interval, from, decisions, interval->until_event);
    int result = attempt_reach(interval, &attempt, interval->runner->task->checkpoint_every, tip,
                               failure, error);

    if (result > 0) {
        result = verify_end(interval, *tip, failure, error);
        if (result < 0) {
            trail_release(*tip);
            *tip = NULL;
        }
    }
    return result;
}
