/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gaps.h"
#include "move.h"
#include "placement.h"
#include "reach.h"
#include "seek.h"
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

/* Reaches a place to pass. Returns 1 if that is as far as the move gets, else 0, or -1. Where the
 * place is lost to damage, the position behind it may not be. */
static int pass(struct timeline *timeline, uint64_t place, struct drive_result *result,
                struct ebb_error *error)
{
    if (reach_position(timeline, place, result, error)) {
        return -1;
    }
    if (result->reason == WORKER_STOP_DIVERGED) {
        return !gaps_note(timeline, result->moment.position);
    }
    return result->reason != WORKER_STOP_LIMIT;
}

/* Reaches the places on the way to a position where it is better to pass, then the position. */
static int reach_by_way(struct timeline *timeline, uint64_t position, struct drive_result *result,
                        struct ebb_error *error)
{
    uint64_t place = placement_first_look(timeline, position);
    int over = place == position ? 0 : pass(timeline, place, result, error);

    if (over) {
        return over < 0 ? -1 : 0;
    }
    place = placement_approach(timeline, position);
    if (place == position) {
        return reach_position(timeline, position, result, error);
    }
    over = pass(timeline, place, result, error);
    if (over) {
        return over < 0 ? -1 : 0;
    }
    return reach_onward(timeline, position, result, error);
}

int seek_to(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
            struct ebb_error *error)
{
    struct drive_result result;

    timeline->moment = moment_settled(timeline->moment.position);
    timeline->point_of_interest = position;
    if (reach_by_way(timeline, position, &result, error)) {
        return -1;
    }
    return end_seek(timeline, &result, stop, error);
}

int timeline_seek(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                  struct ebb_error *error)
{
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
    return seek_to(timeline, position, stop, error);
}
