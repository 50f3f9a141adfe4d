/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drive.h"
#include "placement.h"
#include "wait.h"
#include "watched_memory.h"

#include "log/clock.h"

#include <stdio.h>
#include <stdlib.h>

static void keep_report(struct timeline *timeline, char *report, bool damaged)
{
    if (report) {
        free(timeline->report);
        timeline->report = report;
        timeline->damaged = damaged;
    }
}

/* 1 if the next event at the stop is the reset that it tells of, else 0, or -1. Where that is so,
 * each stop at a reset is behind the one before it: a worker cannot keep us here. */
static int is_reset(const struct timeline *timeline, const struct worker_stop *stop,
                    struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_log_summary summary;
    struct ebb_event event;
    int result;

    ebb_log_summary(timeline->log, &summary);
    if (stop->moment.event < summary.first_event || stop->moment.event >= summary.event_count) {
        return 0;
    }
    cursor = ebb_cursor_new(timeline->log, error);
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_event(cursor, stop->moment.event, error);
    if (result == 0) {
        result = ebb_cursor_next(cursor, &event, error);
    }
    ebb_cursor_free(cursor);
    if (result > 0) {
        result = event.kind == EBB_EVENT_RESET && event.value == stop->keyframe &&
                 event.position == stop->moment.position;
    }
    return result;
}

static bool is_hit_of(const struct worker_breakpoint *breakpoint, const struct worker_hit *hit)
{
    if (breakpoint->kind != hit->kind) {
        return false;
    }
    switch (hit->kind) {
    case WORKER_BREAK_INTERRUPT: /* its address is the handler's */
    case WORKER_BREAK_EXCEPTION:
    case WORKER_BREAK_SAMPLE:
    case WORKER_BREAK_RETURN:
    case WORKER_WATCH_ALL:
        return true;
    case WORKER_BREAK_EXECUTE:
        return breakpoint->address == hit->address;
    default:
        return breakpoint->address == hit->address &&
               hit->data_address - breakpoint->address < breakpoint->length;
    }
}

/* Is it a hit of one of the breakpoints that the worker was given, or the end of a call that it
 * follows, which only rows are of? */
static bool is_hit(const struct replica *replica, const struct worker_hit *hit)
{
    if (hit->kind == WORKER_CALL_RETURNED || hit->kind == WORKER_CALL_LEFT) {
        return true;
    }
    for (size_t i = 0; i < replica->loaded.count; i++) {
        if (is_hit_of(&replica->loaded.list[i], hit)) {
            return true;
        }
    }
    return false;
}

/* Of a stop that the request allows, what depends on where the replica was and on the recording.
 * Returns 0, or -1. */
static int check_stop(struct timeline *timeline, struct replica *replica,
                      const struct worker_stop *stop, struct ebb_error *error)
{
    int possible = !stop->hit_count || is_hit(replica, &stop->hit);

    if (stop->reason != WORKER_STOP_DIVERGED && stop->reason != WORKER_STOP_DAMAGED &&
        moment_before(stop->moment, replica->moment)) {
        possible = 0;
    }
    if (possible && stop->reason == WORKER_STOP_RESET) {
        possible = is_reset(timeline, stop, error);
    }
    if (possible == 0) {
        return worker_client_distrust(replica->worker, error);
    }
    return possible < 0 ? -1 : 0;
}

static void arrive(struct timeline *timeline, struct replica *replica, struct worker_stop *stop)
{
    /* An event that does not fit may lie before where its replay began, in a damaged recording. */
    if (stop->moment.position < replica->moment.position) {
        stop->moment = moment_arrived(replica->moment.position);
    }
    timeline->instructions_replayed += stop->moment.position - replica->moment.position;
    replica->moment = stop->moment;
    if (stop->reason == WORKER_STOP_DIVERGED) {
        replica->moment.phase = MOMENT_NOWHERE;
    }
}

int drive_end(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
              struct ebb_error *error)
{
    char *report;

    if (worker_client_run_end(replica->worker, stop, &report, error)) {
        return -1;
    }
    if (check_stop(timeline, replica, stop, error)) {
        free(report);
        return -1;
    }
    if (stop->reason == WORKER_STOP_DIVERGED || stop->reason == WORKER_STOP_DAMAGED) {
        keep_report(timeline, report, stop->reason == WORKER_STOP_DAMAGED);
        stop->reason = WORKER_STOP_DIVERGED; /* the same to whoever moves */
    } else {
        free(report);
    }
    arrive(timeline, replica, stop);
    return 0;
}

/* The moment of all that a reset does. */
static struct moment behind_reset(const struct worker_stop *stop)
{
    struct moment moment = moment_arrived(stop->moment.position);

    moment.event = stop->moment.event + 1;
    return moment;
}

/* Loads the keyframe of a reset. */
static int load_reset(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
                      struct ebb_error *error)
{
    struct ebb_keyframe keyframe;

    if (ebb_log_keyframe(timeline->log, stop->keyframe, &keyframe, NULL) ||
        keyframe.position != stop->moment.position) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "the guest was reset, and keyframe %llu, which should have the state after "
                        "that, %s",
                        (unsigned long long)stop->keyframe,
                        ebb_log_damage(timeline->log) ? ebb_log_damage(timeline->log)
                                                      : "is missing or of another position");
    }
    /* The keyframe's place may be before the reset's event or behind it. */
    return replica_load_keyframe(replica, timeline->log, &timeline->loaded, stop->keyframe,
                                 stop->moment.event + 1, error);
}

/* The stop's hit: that the reset has changed what is watched; or none. */
static void find_change(const struct watched_memory *before, const struct watched_memory *behind,
                        struct worker_stop *stop)
{
    uint64_t address;
    const struct worker_breakpoint *watch = watched_memory_compare(before, behind, &address);

    stop->hit_count = watch ? 1 : 0;
    if (watch) {
        stop->hit = (struct worker_hit){
            .moment = behind_reset(stop),
            .kind = watch->kind,
            .access = WORKER_WATCH_WRITE,
            .address = watch->address,
            .data_address = address,
            .by_device = 1,
            .by_reset = 1,
        };
    }
}

/* Loads the reset's keyframe, between two looks at what is watched. */
static int load_and_look(struct timeline *timeline, struct replica *replica,
                         struct worker_stop *stop, struct ebb_error *error)
{
    struct watched_memory before, behind;
    int status;

    if (watched_memory_read(&before, replica, error)) {
        return -1;
    }
    status =
        load_reset(timeline, replica, stop, error) || watched_memory_read(&behind, replica, error);
    if (!status) {
        find_change(&before, &behind, stop);
        watched_memory_free(&behind);
    }
    watched_memory_free(&before);
    return status ? -1 : 0;
}

int drive_reset(struct timeline *timeline, struct replica *replica, struct moment reported,
                struct worker_stop *stop, struct ebb_error *error)
{
    bool counts = moment_before(reported, behind_reset(stop));
    struct ebb_error local = {0};
    char *report;

    stop->hit_count = 0;
    if ((counts ? load_and_look : load_reset)(timeline, replica, stop, &local) == 0) {
        timeline->restores++;
        return 0;
    }
    if (local.kind != EBB_ERROR_CORRUPT || worker_client_died(replica->worker)) {
        return ebb_fail(error, local.kind, "%s", local.message);
    }
    if (asprintf(&report, "the recording is damaged behind position %llu: %s",
                 (unsigned long long)stop->moment.position, local.message) < 0) {
        return ebb_fail_memory(error);
    }
    keep_report(timeline, report, true);
    replica->moment.phase = MOMENT_NOWHERE;
    stop->reason = WORKER_STOP_DIVERGED;
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
    if (!(run->flags & WORKER_RUN_RANGE)) { /* those look at each instruction */
        placement_learn_pace(timeline, ebb_clock_now() - before, stop->moment.position - position);
    }
    return 0;
}

static void note_hit(struct drive_result *result, const struct worker_stop *stop)
{
    if (stop->hit_count) {
        result->hit = true;
        result->last_hit = stop->hit;
    }
}

/* Nothing but what is left of settling the position, without looking at hits. */
static struct worker_run run_to_settle(uint64_t position)
{
    return (struct worker_run){.reported = moment_settled(position),
                               .limit = moment_settled(position),
                               .flags = WORKER_RUN_LAST_HIT};
}

int drive_run(struct timeline *timeline, struct replica *replica, const struct worker_run *run,
              struct drive_result *result, struct ebb_error *error)
{
    bool stops_at_hit = !(run->flags & WORKER_RUN_LAST_HIT);
    struct worker_run now = *run;
    struct worker_stop stop;

    *result = (struct drive_result){0};
    do {
        if (run_once(timeline, replica, &now, &stop, error)) {
            return -1;
        }
        note_hit(result, &stop);
        if (stop.reason != WORKER_STOP_RESET) {
            break;
        }
        if (drive_reset(timeline, replica, now.reported, &stop, error)) {
            return -1;
        }
        note_hit(result, &stop);
        if (result->hit && stops_at_hit) {
            now = run_to_settle(stop.moment.position);
        }
    } while (stop.reason == WORKER_STOP_RESET);
    result->reason = stop.reason;
    if (result->hit && stops_at_hit &&
        (stop.reason == WORKER_STOP_LIMIT || stop.reason == WORKER_STOP_END)) {
        result->reason = WORKER_STOP_HIT; /* at a reset: others have stopped the run */
    }
    result->moment = stop.moment;
    return 0;
}

int drive_to(struct timeline *timeline, struct replica *replica, struct moment limit,
             struct drive_result *result, struct ebb_error *error)
{
    struct worker_run run = {.reported = limit, .limit = limit, .flags = WORKER_RUN_LAST_HIT};

    return drive_run(timeline, replica, &run, result, error);
}
