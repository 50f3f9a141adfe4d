/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify_shard.h"

#include "json_list.h"
#include "part_file.h"
#include "part_text.h"
#include "progress.h"
#include "recording_digest.h"
#include "resolution.h"
#include "verification.h"

#include "log/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct verification *verification;
    struct timeline *timeline;
    uint64_t start, limit; /* limit is UINT64_MAX for the recording's end */
    json_t *found;
};

static int set(json_t *object, const char *name, json_t *value, struct ebb_error *error)
{
    return json_object_set_new(object, name, value) < 0 ? ebb_fail_memory(error) : 0;
}

static json_t *digest_json(uint64_t digest)
{
    char text[24];

    snprintf(text, sizeof(text), "%016" PRIx64, digest);
    return json_string(text);
}

/* Where the replay has come to. */
static json_t *state_json(const struct verification *verification)
{
    return json_pack("{s:o, s:o, s:o}", "position", json_unsigned(verification->position),
                     "registers", digest_json(verification->registers), "ram",
                     digest_json(verification->ram));
}

/* An error that says something of the recording, and not of this run. */
static bool is_finding(const struct ebb_error *error)
{
    return error->kind == EBB_ERROR_DIVERGED || error->kind == EBB_ERROR_CORRUPT;
}

static int keep_problem(struct run *run, const struct ebb_error *problem, struct ebb_error *error)
{
    const struct verification *verification = run->verification;
    json_t *object =
        json_pack("{s:i, s:o, s:o}", "status", (int)problem->kind, "position",
                  json_unsigned(verification->position), "message", part_text(problem->message));

    if (object && verification->report) {
        json_object_set_new(object, "report", part_text(verification->report));
    }
    return set(run->found, "problem", object, error);
}

/* Brings the timeline to the shard's beginning. That is where it opens, unless the keyframe there
 * is damaged: then it is reached from one before. */
static int reach_start(struct run *run, struct ebb_error *error)
{
    struct verification *verification = run->verification;

    if (timeline_position(run->timeline) < run->start) {
        return verification_run(verification, run->timeline, run->start, error);
    }
    verification->position = timeline_position(run->timeline);
    return timeline_digest(run->timeline, &verification->registers, &verification->ram, error);
}

static int replay_from_start(struct run *run, struct ebb_error *error)
{
    uint64_t position = run->verification->position, end = timeline_end(run->timeline);
    uint64_t limit = run->limit < end ? run->limit : end;
    struct ebb_error problem = {0};
    int status;

    if (set(run->found, "begin", state_json(run->verification), error) < 0) {
        return -1;
    }
    run->verification->seconds = 0;
    status = verification_run(run->verification, run->timeline, limit < position ? position : limit,
                              &problem);
    if (status < 0 && !is_finding(&problem)) {
        *error = problem;
        return -1;
    }
    if (set(run->found, "nanoseconds", json_integer((json_int_t)(run->verification->seconds * 1e9)),
            error) < 0) {
        return -1;
    }
    return status < 0 ? keep_problem(run, &problem, error)
                      : set(run->found, "end", state_json(run->verification), error);
}

/* Replays the shard's intervals. One whose beginning cannot be reached is left without a state to
 * begin with: others have to find out why. */
static int replay(struct run *run, const struct recording *recording, struct ebb_error *error)
{
    struct progress progress;
    struct ebb_error problem = {0};
    int status = -1;

    run->timeline = verification_open(recording, run->start, &progress, &problem);
    if (run->timeline) {
        status = reach_start(run, &problem);
    }
    if (status == 0) {
        status = replay_from_start(run, error);
    } else if (is_finding(&problem)) {
        status = 0;
    } else {
        *error = problem;
    }
    timeline_close(run->timeline);
    progress_end(&progress);
    return status;
}

/* Reads the shard's share of the recording's bytes. */
static int check_files(struct run *run, const struct recording *recording,
                       const struct shard *shard, struct ebb_error *error)
{
    static int (*const checks[])(const struct ebb_log *log, unsigned share, unsigned shares,
                                 struct ebb_error *error) = {ebb_log_check_events,
                                                             ebb_log_check_keyframes};
    static const char *const names[] = {"log", "keyframes"};

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct ebb_error problem;

        if (checks[i](recording->log, shard->number - 1, shard->count, &problem) == 0) {
            continue;
        }
        if (problem.kind != EBB_ERROR_CORRUPT) {
            *error = problem;
            return -1;
        }
        if (set(run->found, names[i], part_text(problem.message), error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int do_shard(struct run *run, const struct recording *recording,
                    const struct shard_request *request, struct part *part, struct ebb_error *error)
{
    struct interval_list intervals;
    int status = interval_list_read(&intervals, recording->log, error);

    if (status == 0) {
        part->intervals = shard_intervals(&request->shard, &intervals);
        shard_bounds(&intervals, &part->intervals, &run->start, &run->limit);
        if (part->intervals.count) {
            status = replay(run, recording, error);
        }
    }
    interval_list_free(&intervals);
    return status < 0 ? -1 : check_files(run, recording, &request->shard, error);
}

int verify_shard(struct recording *recording, const struct shard_request *request,
                 struct ebb_error *error)
{
    struct resolution none = {0};
    struct verification verification = {0};
    struct part part = {.command = "verify", .shard = request->shard, .found = json_object()};
    struct run run = {.verification = &verification, .found = part.found};
    int status = -1;

    if (!part.found) {
        ebb_fail_memory(error);
    } else if (shard_request_check(request, recording, error) == 0 &&
               recording_digest(recording->directory, recording->log, part.recording, error) == 0 &&
               verification_begin(&verification, recording, &none, error) == 0 &&
               set(part.found, "directory", part_text(recording->directory), error) == 0) {
        status = do_shard(&run, recording, request, &part, error);
    }
    if (status == 0) {
        status = part_write(request->output, &part, error);
    }
    if (status == 0) {
        part_tell(&part, recording->directory, request->output);
    }
    verification_free(&verification);
    part_free(&part);
    return status;
}
