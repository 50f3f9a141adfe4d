/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drive.h"
#include "placement.h"
#include "wait.h"

#include "log/clock.h"

#include <stdlib.h>

static void keep_report(struct timeline *timeline, char *report)
{
    if (report) {
        free(timeline->report);
        timeline->report = report;
    }
}

int drive_end(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
              struct ebb_error *error)
{
    char *report;

    if (worker_client_run_end(replica->worker, stop, &report, error)) {
        return -1;
    }
    if (stop->reason == WORKER_STOP_DIVERGED) {
        keep_report(timeline, report);
    } else {
        free(report);
    }
    if (stop->moment.position > replica->moment.position) {
        timeline->instructions_replayed += stop->moment.position - replica->moment.position;
    }
    replica->moment = stop->moment;
    if (stop->reason == WORKER_STOP_DIVERGED) {
        replica->moment.phase = MOMENT_NOWHERE;
    }
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

    *number = stop->moment.event;
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_event(cursor, stop->moment.event, error);
    if (result == 0) {
        result = ebb_cursor_next(cursor, &event, error);
        if (result > 0 && event.kind == EBB_EVENT_RESET && event.value == stop->keyframe) {
            ++*number;
        }
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

int drive_load_reset(struct timeline *timeline, struct replica *replica,
                     const struct worker_stop *stop, struct ebb_error *error)
{
    uint64_t first_event, position = stop->moment.position;

    if (event_behind_reset(timeline, stop, &first_event, error) ||
        replica_load_keyframe(replica, timeline->log, &timeline->loaded, stop->keyframe,
                              first_event, error)) {
        return -1;
    }
    timeline->restores++;
    if (replica->moment.position != position) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "the reset at position %llu names a keyframe of position %llu; "
                        "the recording is damaged",
                        (unsigned long long)position, (unsigned long long)replica->moment.position);
    }
    return 0;
}

static int run_once(struct timeline *timeline, struct replica *replica,
                    const struct worker_run *run, struct worker_stop *stop, struct ebb_error *error)
{
    uint64_t before = ebb_clock_now(), position = replica->moment.position;

    if (worker_client_run_begin(replica->worker, run, error)) {
        return -1;
    }
    wait_for_stop(timeline);
    if (drive_end(timeline, replica, stop, error)) {
        return -1;
    }
    placement_learn_pace(timeline, ebb_clock_now() - before, stop->moment.position - position);
    return 0;
}

int drive_run(struct timeline *timeline, struct replica *replica, const struct worker_run *run,
              struct drive_result *result, struct ebb_error *error)
{
    struct worker_stop stop;

    *result = (struct drive_result){0};
    do {
        if (run_once(timeline, replica, run, &stop, error)) {
            return -1;
        }
        if (stop.hit_count) {
            result->hit = true;
            result->last_hit = stop.hit;
        }
        if (stop.reason == WORKER_STOP_RESET && drive_load_reset(timeline, replica, &stop, error)) {
            return -1;
        }
    } while (stop.reason == WORKER_STOP_RESET);
    result->reason = stop.reason;
    result->moment = stop.moment;
    return 0;
}

int drive_to(struct timeline *timeline, struct replica *replica, struct moment limit,
             struct drive_result *result, struct ebb_error *error)
{
    struct worker_run run = {.reported = limit, .limit = limit, .flags = WORKER_RUN_LAST_HIT};

    return drive_run(timeline, replica, &run, result, error);
}
