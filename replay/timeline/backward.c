/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backward.h"
#include "move.h"
#include "placement.h"
#include "reach.h"
#include "recovery.h"
#include "searched.h"
#include "answer.h"

/* Takes a checkpoint of where a search begins, if coming back would take long. */
static int secure_return(struct timeline *timeline, struct ebb_error *error)
{
    uint64_t position = timeline->moment.position;
    struct checkpoint *near = checkpoint_set_before(timeline->set, position);
    int result;

    if (near && position - near->position <= 2 * timeline->every) {
        return 0;
    }
    do {
        result = reach_present(timeline, error) ||
                         placement_take(timeline, &timeline->replicas[0], error)
                     ? -1
                     : 0;
    } while (result && recovery_try_again(timeline, 0, error));
    return result;
}

/* Replica 0 follows to where the move ends. What is around there is of interest already on the way,
 * which takes checkpoints that the first steps back from there will need. */
static int reach_end(struct timeline *timeline, struct ebb_error *error)
{
    timeline->point_of_interest = timeline->moment.position;
    return move_reach_present(timeline, error);
}

/* Ends a move at a position that is known to be reachable. */
static int arrive(struct timeline *timeline, uint64_t position, enum timeline_stop_reason reason,
                  struct timeline_stop *stop, struct ebb_error *error)
{
    move_arrive(timeline, position);
    return reach_end(timeline, error) ? -1 : answer_here(timeline, reason, stop);
}

/* The same at a position that may be in what is lost of a damaged recording, or not be led to any
 * more: then the move ends where it began. */
static int arrive_or_stay(struct timeline *timeline, uint64_t position,
                          enum timeline_stop_reason reason, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    struct moment here = timeline->moment;

    if (arrive(timeline, position, reason, stop, error) == 0) {
        return 0;
    }
    if (error->kind != EBB_ERROR_DIVERGED && error->kind != EBB_ERROR_CORRUPT) {
        return -1;
    }
    timeline->moment = here;
    return arrive(timeline, here.position, TIMELINE_STOP_DIVERGED, stop, error);
}

/* A hit inside an instruction is shown just behind it. */
static int arrive_at_hit(struct timeline *timeline, const struct worker_hit *hit,
                         struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t position = hit->moment.position + (hit->moment.phase == MOMENT_INSIDE);

    move_arrive_at_hit(timeline, position, hit);
    return reach_end(timeline, error) ? -1 : answer_hit(timeline, hit, stop);
}

int backward_end(struct timeline *timeline, const struct search_result *found, uint64_t position,
                 enum timeline_stop_reason reason, struct timeline_stop *stop,
                 struct ebb_error *error)
{
    uint64_t here = timeline->moment.position;

    switch (found->kind) {
    case SEARCH_HIT:
        return arrive_at_hit(timeline, &found->hit, stop, error);
    case SEARCH_INTERRUPTED:
        return arrive(timeline, here, TIMELINE_STOP_INTERRUPTED, stop, error);
    case SEARCH_DIVERGED:
        return arrive(timeline, here, TIMELINE_STOP_DIVERGED, stop, error);
    default:
        return arrive_or_stay(timeline, position, reason, stop, error);
    }
}

/* A breakpoint that the history's first state stands on counts; that of a limit does not. */
static struct moment search_from(uint64_t position, bool is_begin)
{
    return is_begin ? moment_applied(position) : moment_settled(position);
}

/* The last hit before the present. */
static int find_last_hit(struct timeline *timeline, struct moment from, struct search_result *found,
                         struct ebb_error *error)
{
    struct moment to = timeline->moment;

    if (timeline->breakpoints.count && searched_before(timeline, from, to, found)) {
        return 0;
    }
    if (secure_return(timeline, error)) {
        return -1;
    }
    if (!timeline->breakpoints.count) {
        return 0;
    }
    if (search_last_hit(timeline, from, to, found, error)) {
        return -1;
    }
    searched_keep(timeline, from, to, found);
    return 0;
}

static int move_backward(struct timeline *timeline, uint64_t from, bool is_begin,
                         struct timeline_stop *stop, struct ebb_error *error)
{
    struct search_result found = {.kind = SEARCH_NOTHING};

    if (find_last_hit(timeline, search_from(from, is_begin), &found, error)) {
        return -1;
    }
    timeline->uninterruptible = true;
    return backward_end(timeline, &found, from, is_begin ? TIMELINE_STOP_BEGIN : TIMELINE_STOP_STEP,
                        stop, error);
}

int timeline_run_backward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    int begun = move_begin(timeline, limit, stop, error);
    bool to_begin = limit <= timeline->begin;
    uint64_t from = to_begin ? timeline->begin : limit;

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (timeline->moment.position <= from) {
        return answer_here(timeline, to_begin ? TIMELINE_STOP_BEGIN : TIMELINE_STOP_STEP, stop);
    }
    return move_backward(timeline, from, to_begin, stop, error);
}
