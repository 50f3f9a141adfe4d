/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "move.h"
#include "placement.h"
#include "reach.h"
#include "answer.h"

/* Ends the move where replica 0 has got to. */
static int end_seek(struct timeline *timeline, const struct drive_result *result,
                    struct timeline_stop *stop, struct ebb_error *error)
{
    if (result->reason == WORKER_STOP_DIVERGED) {
        return move_end_at_divergence(timeline, result->moment.position, stop, error);
    }
    timeline->moment = moment_settled(timeline->replicas[0].moment.position);
    switch (result->reason) {
    case WORKER_STOP_END:
        return move_end_early(timeline, result->moment.position, stop);
    case WORKER_STOP_INTERRUPTED:
        return answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    default:
        return answer_here(timeline, TIMELINE_STOP_STEP, stop);
    }
}

/* Reaches the places on the way to a position where it is better to pass, then the position. */
static int reach_by_way(struct timeline *timeline, uint64_t position, struct drive_result *result,
                        struct ebb_error *error)
{
    uint64_t look = placement_first_look(timeline, position), approach;

    if (look != position) {
        if (reach_position(timeline, look, result, error)) {
            return -1;
        }
        if (result->reason != WORKER_STOP_LIMIT) {
            return 0;
        }
    }
    approach = placement_approach(timeline, position);
    if (reach_position(timeline, approach, result, error)) {
        return -1;
    }
    if (approach == position || result->reason != WORKER_STOP_LIMIT) {
        return 0;
    }
    return reach_onward(timeline, position, result, error);
}

/* The same; where damage is met on the way, from a keyframe behind it. Each time that is farther
 * on, whatever gap was met last before. */
static int reach_past_damage(struct timeline *timeline, uint64_t position,
                             struct drive_result *result, struct ebb_error *error)
{
    uint64_t met = 0, last, gap;

    do {
        gap = timeline->gap;
        if (reach_by_way(timeline, position, result, error)) {
            return -1;
        }
        last = met;
        met = result->moment.position;
    } while (result->reason == WORKER_STOP_DIVERGED && met > last && met != gap &&
             placement_note_gap(timeline, met));
    return 0;
}

int timeline_seek(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                  struct ebb_error *error)
{
    struct drive_result result;
    int begun = move_begin(timeline, position, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (position < timeline->begin || position > timeline->end) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "position %llu is outside of the history, which goes from %llu to %llu",
                        (unsigned long long)position, (unsigned long long)timeline->begin,
                        (unsigned long long)timeline->end);
    }
    timeline->moment = moment_settled(timeline->moment.position);
    timeline->point_of_interest = position;
    if (reach_past_damage(timeline, position, &result, error)) {
        return -1;
    }
    return end_seek(timeline, &result, stop, error);
}
