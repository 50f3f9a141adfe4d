/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "move.h"
#include "gaps.h"
#include "interrupt.h"
#include "placement.h"
#include "reach.h"
#include "recovery.h"
#include "answer.h"

#include "log/clock.h"

int move_begin(struct timeline *timeline, uint64_t to, struct timeline_stop *stop,
               struct ebb_error *error)
{
    *stop = (struct timeline_stop){0};
    recovery_forget_deaths(timeline);
    timeline->interrupted = false;
    timeline->uninterruptible = false;
    timeline->progress_from = timeline->moment.position;
    timeline->progress_to = to < timeline->begin ? timeline->begin
                            : to > timeline->end ? timeline->end
                                                 : to;
    timeline->progress_time = ebb_clock_now();
    timeline->point_of_interest = timeline->moment.position;
    if (timeline->diversion && timeline_drop_diversion(timeline, error)) {
        return -1;
    }
    if (interrupt_take(timeline)) {
        answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop);
        return 1;
    }
    return 0;
}

void move_arrive(struct timeline *timeline, uint64_t position)
{
    if (position != timeline->moment.position) {
        timeline->moment = moment_settled(position);
    }
}

void move_arrive_at_hit(struct timeline *timeline, uint64_t position, const struct worker_hit *hit)
{
    move_arrive(timeline, position);
    if (hit->moment.phase == MOMENT_ARRIVED) {
        timeline->moment = moment_arrived(position);
    }
}

int move_reach_present(struct timeline *timeline, struct ebb_error *error)
{
    int result = reach_present(timeline, error);

    timeline->point_of_interest = timeline->moment.position;
    return result;
}

int move_end_at_divergence(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                           struct ebb_error *error)
{
    bool ends = !gaps_note(timeline, position);

    timeline->uninterruptible = true;
    if (ends) {
        timeline->end = position;
        timeline->diverged = true;
    }
    move_arrive(timeline, position);
    if (move_reach_present(timeline, error)) {
        if ((error->kind != EBB_ERROR_DIVERGED && error->kind != EBB_ERROR_CORRUPT) ||
            position == timeline->begin) {
            return -1;
        }
        if (ends) {
            timeline->end = position - 1;
        }
        move_arrive(timeline, position - 1);
        if (move_reach_present(timeline, error)) {
            return -1;
        }
    }
    return answer_here(timeline, TIMELINE_STOP_DIVERGED, stop);
}

int move_end_early(struct timeline *timeline, uint64_t position, struct timeline_stop *stop)
{
    timeline->end = position;
    move_arrive(timeline, position);
    return answer_here(timeline, TIMELINE_STOP_END, stop);
}
