/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "narrow.h"

#include "finish.h"

/*
 * An interval is gone through widely from where so many of its anchors, and one in so many, were
 * not next to their expected places. Going back costs about 10 million instructions, half of the
 * way between two checkpoints. On hosts where it is not known where store-exclusives failed it may
 * come often; in two recordings with that known it came 48 times for 4537 anchors, and never for
 * 1237. Not measured: where looking widely for all begins to be cheaper.
 */
#define MANY 4u
#define ONE_IN 8u

static bool is_often(unsigned missed, const struct trail *tip)
{
    return missed >= MANY && missed * ONE_IN >= trail_counts(tip).anchors;
}

/* Goes from *at to an event, *at moving along; as attempt_reach(). */
static int go_to(struct interval *interval, struct trail **at, uint64_t until_event,
                 struct ebb_error *error)
{
    struct attempt attempt = attempt_plan(interval, *at, &decision_none, until_event);
    struct failure failure;
    struct trail *tip;
    int result = attempt_reach(interval, &attempt, interval->runner->task->checkpoint_every, &tip,
                               &failure, error);

    failure_clear(&failure);
    if (result >= 0) {
        trail_release(*at);
        *at = tip;
    }
    return result;
}

/*
 * Goes from *at to right behind an event that was not met narrowly. Mostly it is an anchor, and all
 * before it is right; but one before it may have been taken for met in a wrong place.
 */
static int go_behind(struct interval *interval, struct trail **at, uint64_t event,
                     struct ebb_error *error)
{
    struct trail *begin = trail_take(*at);
    int result = go_to(interval, at, event, error);

    interval->narrow = false;
    if (result > 0) {
        result = go_to(interval, at, event + 1, error);
    }
    if (result == 0) {
        trail_release(*at);
        *at = trail_take(begin);
        result = go_to(interval, at, event + 1, error);
    }
    trail_release(begin);
    return result;
}

int narrow_finish(struct interval *interval, struct trail **tip, struct failure *failure,
                  struct ebb_error *error)
{
    struct trail *from = trail_take(interval->root);
    unsigned missed = 0;
    int result, reached;

    do {
        reached = 0;
        interval->narrow = !is_often(missed, from);
        result = finish_interval(interval, from, &decision_none, tip, failure, error);
        if (result == 0 && interval->narrow && failure->kind != FAILURE_WRONG_END) {
            missed++;
            reached = go_behind(interval, tip, failure->event_number, error);
        }
        if (reached) {
            failure_clear(failure);
            trail_release(from);
            from = *tip;
            *tip = NULL;
        }
    } while (reached > 0);
    interval->narrow = false;
    trail_release(from);
    return reached < 0 ? -1 : result;
}
