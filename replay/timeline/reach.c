/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"
#include "recovery.h"

int reach_start(struct timeline *timeline, struct replica *replica, const struct start *start,
                struct ebb_error *error)
{
    bool uninterruptible = timeline->uninterruptible;
    struct drive_result result;
    int outcome;

    if (start->kind == START_HERE) {
        return 0;
    }
    timeline->restores++;
    if (start->kind == START_CHECKPOINT) {
        return replica_restore(replica, start->checkpoint, error);
    }
    timeline->uninterruptible = true;
    outcome = replica_load_keyframe(replica, timeline->log, &timeline->loaded, start->keyframe, 0,
                                    error) ||
              drive_to(timeline, replica, moment_settled(start->position), &result, error);
    timeline->uninterruptible = uninterruptible;
    if (outcome) {
        return -1;
    }
    if (!moment_is_settled(replica->moment)) {
        return ebb_fail(error, EBB_ERROR_DIVERGED, "keyframe %llu cannot be replayed from: %s",
                        (unsigned long long)start->keyframe,
                        timeline->report ? timeline->report : "");
    }
    return placement_take(timeline, replica, error);
}

/* Long ways are faster without breakpoints; for short ones changing them costs more. */
static int leave_breakpoints(struct timeline *timeline, struct replica *replica, uint64_t position,
                             struct ebb_error *error)
{
    static const struct breakpoint_list none;

    if (position - replica->moment.position < timeline->base_every) {
        return 0;
    }
    return replica_set_breakpoints(replica, &none, error);
}

static int try_to_reach(struct timeline *timeline, struct replica *replica, uint64_t position,
                        struct drive_result *result, struct ebb_error *error)
{
    struct start start;

    if (!replica->worker && recovery_start(timeline, replica, error)) {
        return -1;
    }
    placement_choose_start(timeline, replica, position, &start);
    if (reach_start(timeline, replica, &start, error) ||
        leave_breakpoints(timeline, replica, position, error)) {
        return -1;
    }
    *result = (struct drive_result){.reason = WORKER_STOP_LIMIT, .moment = replica->moment};
    while (replica->moment.position < position) {
        uint64_t stop = placement_next_stop(timeline, replica->moment.position, position, true);

        if (timeline->interrupted && !timeline->uninterruptible) {
            result->reason = WORKER_STOP_INTERRUPTED;
        } else if (drive_to(timeline, replica, moment_settled(stop), result, error)) {
            return -1;
        }
        if (result->reason != WORKER_STOP_LIMIT) {
            break;
        }
        if (replica->moment.position < position && placement_take(timeline, replica, error)) {
            return -1;
        }
    }
    return 0;
}

int reach_position(struct timeline *timeline, uint64_t position, struct drive_result *result,
                   struct ebb_error *error)
{
    int outcome;

    do {
        outcome = try_to_reach(timeline, &timeline->replicas[0], position, result, error);
    } while (outcome && recovery_try_again(timeline, 0, error));
    return outcome;
}

int reach_present(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    uint64_t position = timeline->moment.position;
    bool uninterruptible = timeline->uninterruptible;
    struct drive_result result;
    int outcome;

    if (moment_compare(replica->moment, moment_settled(position)) == 0) {
        return 0;
    }
    timeline->uninterruptible = true;
    outcome = reach_position(timeline, position, &result, error);
    timeline->uninterruptible = uninterruptible;
    if (outcome) {
        return -1;
    }
    if (result.reason != WORKER_STOP_LIMIT) {
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "position %llu cannot be reached a second time: %s",
                        (unsigned long long)position,
                        timeline->report ? timeline->report : "the log ends before");
    }
    return 0;
}
