/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"
#include "gaps.h"
#include "recovery.h"

/* Why a position cannot be reached: the log says something else, or is damaged. */
static enum ebb_error_kind report_kind(const struct timeline *timeline)
{
    return timeline->damaged ? EBB_ERROR_CORRUPT : EBB_ERROR_DIVERGED;
}

static int start_from_keyframe(struct timeline *timeline, struct replica *replica,
                               const struct start *start, bool keep, struct ebb_error *error)
{
    bool uninterruptible = timeline->uninterruptible;
    struct drive_result result;
    int outcome;

    timeline->uninterruptible = true;
    outcome = replica_load_keyframe(replica, timeline->log, &timeline->loaded, start->keyframe, 0,
                                    error) ||
              drive_to(timeline, replica, moment_settled(start->position), &result, error);
    timeline->uninterruptible = uninterruptible;
    if (outcome) {
        return -1;
    }
    if (!moment_is_settled(replica->moment)) {
        return ebb_fail(error, report_kind(timeline), "keyframe %llu cannot be replayed from: %s",
                        (unsigned long long)start->keyframe,
                        timeline->report ? timeline->report : "");
    }
    if (keep) {
        return placement_take(timeline, replica, error);
    }
    placement_make_room(timeline);
    return 0;
}

/* Goes to a start; another one is chosen in its place if it is a keyframe that is damaged. Returns
 * 0, 1 if there is another one, or -1. */
static int try_start(struct timeline *timeline, struct replica *replica, struct start *start,
                     bool keep, struct ebb_error *error)
{
    timeline->restores++;
    if (start->kind == START_CHECKPOINT) {
        if (replica_restore(replica, start->checkpoint, error)) {
            return -1;
        }
        placement_make_room(timeline); /* for what had been packed and was looked at */
        return 0;
    }
    if (start_from_keyframe(timeline, replica, start, keep, error) == 0) {
        return 0;
    }
    if (error->kind != EBB_ERROR_CORRUPT || worker_client_died(replica->worker)) {
        return -1;
    }
    placement_forget_keyframe(timeline, start->keyframe, error->message);
    if (!checkpoint_set_count(timeline->set)) {
        return -1;
    }
    return placement_choose_start(timeline, NULL, start->position, start) ? 1 : -1;
}

int reach_start(struct timeline *timeline, struct replica *replica, const struct start *start,
                bool keep, struct ebb_error *error)
{
    struct start now = *start;
    struct ebb_error local;
    int result;

    if (now.kind == START_HERE) {
        return 0;
    }
    do {
        result = try_start(timeline, replica, &now, keep, &local);
    } while (result > 0);
    if (result < 0 && error) {
        *error = local;
    }
    return result;
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
                        bool onward, struct drive_result *result, struct ebb_error *error)
{
    struct start start;

    if (!replica->worker && recovery_start(timeline, replica, error)) {
        return -1;
    }
    if (placement_need_start(timeline, replica, position, &start, error)) {
        return -1;
    }
    if (onward && start.kind == START_KEYFRAME && moment_is_settled(replica->moment) &&
        replica->moment.position <= position) {
        start.kind = START_HERE;
    }
    if (reach_start(timeline, replica, &start, true, error) ||
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

/* True if damage was met, and more of it is known than before: then another start may be chosen. */
static bool learned(struct timeline *timeline, const struct drive_result *result, size_t before)
{
    return result->reason == WORKER_STOP_DIVERGED && gaps_note(timeline, result->moment.position) &&
           timeline->damage_met > before;
}

static int reach(struct timeline *timeline, uint64_t position, bool onward,
                 struct drive_result *result, struct ebb_error *error)
{
    size_t met;
    int outcome;

    do {
        met = timeline->damage_met;
        outcome = try_to_reach(timeline, &timeline->replicas[0], position, onward, result, error);
    } while (outcome ? recovery_try_again(timeline, 0, error) : learned(timeline, result, met));
    return outcome;
}

int reach_position(struct timeline *timeline, uint64_t position, struct drive_result *result,
                   struct ebb_error *error)
{
    return reach(timeline, position, false, result, error);
}

int reach_onward(struct timeline *timeline, uint64_t position, struct drive_result *result,
                 struct ebb_error *error)
{
    return reach(timeline, position, true, result, error);
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
        return ebb_fail(error, report_kind(timeline),
                        "position %llu cannot be reached a second time: %s",
                        (unsigned long long)position,
                        timeline->report ? timeline->report : "the log ends before");
    }
    return 0;
}
