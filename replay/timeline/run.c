/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static void keep_report(struct timeline *timeline, char *report)
{
    if (report) {
        free(timeline->report);
        timeline->report = report;
    }
}

/* An instruction may make several accesses, of which some are done when a watched one is met. */
static bool inside_instruction(const struct worker_hit *hit)
{
    return hit->kind != WORKER_BREAK_EXECUTE && !hit->by_device;
}

int timeline_run_end(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
                     struct ebb_error *error)
{
    char *report;

    if (worker_run_end(replica->worker, stop, &report, error)) {
        return -1;
    }
    if (stop->reason == WORKER_STOP_DIVERGED) {
        keep_report(timeline, report);
    } else {
        free(report);
    }
    if (stop->position > replica->position) {
        timeline->instructions_replayed += stop->position - replica->position;
    }
    replica->position = stop->position;
    replica->settled = stop->reason == WORKER_STOP_LIMIT || stop->reason == WORKER_STOP_END ||
                       (stop->reason == WORKER_STOP_HIT && !inside_instruction(&stop->hit));
    return 0;
}

/*
 * The number of the first event behind the reset: the worker may stand before or behind its event,
 * and the keyframe's place may be on either side of it too.
 */
static int event_behind_reset(const struct timeline *timeline, const struct worker_stop *stop,
                              uint64_t *number, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(timeline->log, error);
    struct ebb_event event;
    int result;

    *number = stop->event_number;
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_event(cursor, stop->event_number, error);
    if (result == 0) {
        result = ebb_cursor_next(cursor, &event, error);
        if (result > 0 && event.kind == EBB_EVENT_RESET && event.value == stop->keyframe) {
            ++*number;
        }
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

int timeline_load_reset(struct timeline *timeline, struct replica *replica,
                        const struct worker_stop *stop, struct ebb_error *error)
{
    uint64_t first_event;

    if (event_behind_reset(timeline, stop, &first_event, error) ||
        replica_load_keyframe(replica, timeline->log, &timeline->loaded, stop->keyframe,
                              first_event, error)) {
        return -1;
    }
    timeline->restores++;
    if (replica->position != stop->position) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "the reset at position %llu names a keyframe of position %llu; "
                        "the recording is damaged",
                        (unsigned long long)stop->position, (unsigned long long)replica->position);
    }
    return 0;
}

static int run_once(struct timeline *timeline, struct replica *replica, uint64_t limit,
                    uint32_t flags, struct worker_stop *stop, struct ebb_error *error)
{
    uint64_t before = timeline_clock(), position = replica->position;

    if (worker_run_begin(replica->worker, limit, flags, error)) {
        return -1;
    }
    timeline_wait(timeline);
    if (timeline_run_end(timeline, replica, stop, error)) {
        return -1;
    }
    timeline_learn_pace(timeline, timeline_clock() - before, stop->position - position);
    return 0;
}

/*
 * A run that is not over when the worker has stopped: more may happen at the same position, before
 * the state there is the history's. True for an interruption and for a device's write.
 */
static bool unsettled(const struct worker_stop *stop)
{
    return stop->reason == WORKER_STOP_INTERRUPTED ||
           (stop->reason == WORKER_STOP_HIT && stop->hit.by_device);
}

static void note_hit(struct run_result *result, const struct worker_stop *stop)
{
    if (stop->hit_count) {
        result->hit = true;
        result->last_hit = stop->hit;
    }
}

/* Lets everything happen that belongs to the position of *stop. With last_hit, hits on the way
 * replace the one known; without, the first one stays. */
static int finish_position(struct timeline *timeline, struct replica *replica,
                           struct worker_stop *stop, bool last_hit, struct run_result *result,
                           struct ebb_error *error)
{
    bool uninterruptible = timeline->uninterruptible;
    uint64_t position = stop->position;
    int outcome;

    timeline->uninterruptible = true;
    do {
        if (stop->reason == WORKER_STOP_RESET &&
            timeline_load_reset(timeline, replica, stop, error)) {
            outcome = -1;
            break;
        }
        outcome = run_once(timeline, replica, position, WORKER_RUN_LAST_HIT, stop, error);
        if (outcome == 0 && (last_hit || !result->hit)) {
            note_hit(result, stop);
        }
    } while (outcome == 0 && stop->reason == WORKER_STOP_RESET);
    timeline->uninterruptible = uninterruptible;
    return outcome;
}

int timeline_run(struct timeline *timeline, struct replica *replica, uint64_t limit, uint32_t flags,
                 struct run_result *result, struct ebb_error *error)
{
    bool last_hit = flags & WORKER_RUN_LAST_HIT, interrupted = false;
    struct worker_stop stop;

    *result = (struct run_result){0};
    while (1) {
        if (run_once(timeline, replica, limit, flags, &stop, error)) {
            return -1;
        }
        note_hit(result, &stop);
        if (stop.reason != WORKER_STOP_RESET || (result->hit && !last_hit)) {
            break;
        }
        if (timeline_load_reset(timeline, replica, &stop, error)) {
            return -1;
        }
        /* Going on behind the start, where a breakpoint counts at once. */
        flags |= WORKER_RUN_HIT_AT_START;
    }
    interrupted = stop.reason == WORKER_STOP_INTERRUPTED;
    if ((unsettled(&stop) || stop.reason == WORKER_STOP_RESET) &&
        finish_position(timeline, replica, &stop, last_hit, result, error)) {
        return -1;
    }
    result->position = stop.position;
    result->reason = stop.reason;
    if (stop.reason == WORKER_STOP_END && stop.position >= limit) {
        result->reason = WORKER_STOP_LIMIT;
    }
    if (replica->settled && result->hit && !last_hit) {
        result->reason = WORKER_STOP_HIT;
    } else if (replica->settled && interrupted) {
        result->reason = WORKER_STOP_INTERRUPTED;
    }
    return 0;
}

int timeline_go_to_start(struct timeline *timeline, struct replica *replica,
                         const struct start *start, struct ebb_error *error)
{
    bool uninterruptible = timeline->uninterruptible;
    struct run_result result;
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
              timeline_run(timeline, replica, start->position, WORKER_RUN_LAST_HIT, &result, error);
    timeline->uninterruptible = uninterruptible;
    if (outcome) {
        return -1;
    }
    if (!replica->settled) {
        return ebb_fail(error, EBB_ERROR_DIVERGED, "keyframe %llu cannot be replayed from: %s",
                        (unsigned long long)start->keyframe,
                        timeline->report ? timeline->report : "");
    }
    return timeline_place(timeline, replica, error);
}

/* Long ways are faster without breakpoints; for short ones changing them costs more. */
static int leave_breakpoints(struct timeline *timeline, struct replica *replica, uint64_t position,
                             struct ebb_error *error)
{
    static const struct breakpoint_list none;

    if (position - replica->position < timeline->base_every) {
        return 0;
    }
    return replica_set_breakpoints(replica, &none, error);
}

static int try_to_reach(struct timeline *timeline, struct replica *replica, uint64_t position,
                        struct run_result *result, struct ebb_error *error)
{
    struct start start;

    if (!replica->worker && timeline_start_replica(timeline, replica, error)) {
        return -1;
    }
    timeline_choose_start(timeline, replica, position, &start);
    if (timeline_go_to_start(timeline, replica, &start, error) ||
        leave_breakpoints(timeline, replica, position, error)) {
        return -1;
    }
    *result = (struct run_result){.reason = WORKER_STOP_LIMIT, .position = replica->position};
    while (replica->position < position) {
        uint64_t stop = timeline_next_stop(timeline, replica->position, position, true);

        if (timeline->interrupted && !timeline->uninterruptible) {
            result->reason = WORKER_STOP_INTERRUPTED;
        } else if (timeline_run(timeline, replica, stop, WORKER_RUN_LAST_HIT, result, error)) {
            return -1;
        }
        if (result->reason != WORKER_STOP_LIMIT) {
            break;
        }
        if (replica->position < position && timeline_place(timeline, replica, error)) {
            return -1;
        }
    }
    return 0;
}

int timeline_reach(struct timeline *timeline, uint64_t position, struct run_result *result,
                   struct ebb_error *error)
{
    int outcome;

    do {
        outcome = try_to_reach(timeline, &timeline->replicas[0], position, result, error);
    } while (outcome && timeline_recover(timeline, 0, error));
    return outcome;
}

int timeline_return(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    bool uninterruptible = timeline->uninterruptible;
    struct run_result result;
    int outcome;

    if (replica->settled && replica->position == timeline->position) {
        return 0;
    }
    timeline->uninterruptible = true;
    outcome = timeline_reach(timeline, timeline->position, &result, error);
    timeline->uninterruptible = uninterruptible;
    if (outcome) {
        return -1;
    }
    if (result.reason != WORKER_STOP_LIMIT) {
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "position %llu cannot be reached a second time: %s",
                        (unsigned long long)timeline->position,
                        timeline->report ? timeline->report : "the log ends before");
    }
    return 0;
}

int timeline_start_replica(struct timeline *timeline, struct replica *replica,
                           struct ebb_error *error)
{
    struct worker_hello *hello = &timeline->hello;

    if (replica_start(replica, timeline->program, timeline->recording, WORKER_REPLAYS,
                      timeline->store, error)) {
        return -1;
    }
    if (!hello->version) {
        *hello = *worker_hello(replica->worker);
    }
    /* Checkpoints are exchanged between workers. */
    if (memcmp(hello, worker_hello(replica->worker), sizeof(*hello)) != 0) {
        replica_stop(replica);
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the worker program %s changed while it was in use; open again",
                        timeline->program);
    }
    return 0;
}

void timeline_forget_deaths(struct timeline *timeline)
{
    timeline->deaths = 0;
    timeline->death_position = 0;
}

bool timeline_replace(struct timeline *timeline, unsigned i, unsigned *deaths,
                      struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[i];
    uint64_t position = replica->position;

    if (!replica->worker || !worker_died(replica->worker)) {
        return false;
    }
    replica_stop(replica);
    if (++*deaths >= TIMELINE_MAX_DEATHS) {
        ebb_fail_prefix(error, "%u workers died one after the other near position %llu", *deaths,
                        (unsigned long long)position);
        return false;
    }
    timeline->workers_replaced++;
    return timeline_start_replica(timeline, replica, error) == 0;
}

bool timeline_recover(struct timeline *timeline, unsigned i, struct ebb_error *error)
{
    uint64_t position = timeline->replicas[i].position;

    if (position > timeline->death_position) {
        timeline->death_position = position;
        timeline->deaths = 0;
    }
    return timeline_replace(timeline, i, &timeline->deaths, error);
}
