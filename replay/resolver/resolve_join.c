/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_join.h"

#include "assembly.h"
#include "distance.h"
#include "interval_bounds.h"

/* Do the packed distances stay within the findings' bytes, and in the interval? */
static bool distances_fit(const struct resolve_findings *findings)
{
    uint64_t left = findings->end - findings->begin, distance;
    size_t at = 0;

    for (uint64_t i = 0; i < findings->event_count; i++) {
        size_t end = at;

        while (end < findings->packed_size && end - at < DISTANCE_MAX_BYTES &&
               findings->packed[end] & 0x80) {
            end++;
        }
        if (end == findings->packed_size || end - at == DISTANCE_MAX_BYTES) {
            return false;
        }
        distance_unpack(findings->packed + at, &distance);
        if (distance > left) {
            return false;
        }
        left -= distance;
        at = end + 1;
    }
    return at == findings->packed_size;
}

static bool flips_fit(const struct resolve_findings *findings)
{
    for (size_t i = 0; i < findings->flip_count; i++) {
        uint64_t position = findings->flips[i].position;

        if (position < findings->begin || position > findings->end ||
            (i && position <= findings->flips[i - 1].position)) {
            return false;
        }
    }
    return true;
}

/* Could that have been found out about the interval? */
static bool findings_fit(const struct resolve_findings *findings,
                         const struct interval_bounds *bounds)
{
    uint64_t events = bounds->until_event - bounds->first_event;

    return findings->begin == bounds->keyframe.position && findings->end >= findings->begin &&
           findings->end <= EBB_MAX_POSITION && findings->first_event == bounds->first_event &&
           (findings->problem ? findings->event_count <= events
                              : findings->event_count == events) &&
           findings->good >= (findings->problem ? findings->begin : 0) &&
           findings->good <= findings->end && distances_fit(findings) && flips_fit(findings);
}

static int fail_to_fit(const struct task *task, uint64_t number, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "what a part says of the interval of keyframe %llu does not fit the recording "
                    "%s; have that shard resolved again",
                    (unsigned long long)number, task->options->recording);
}

/* Adds a part's findings, the next of which is of interval *number. */
static int add_part(struct assembly *assembly, const struct task *task,
                    const struct resolve_part *part, uint64_t *number, struct ebb_error *error)
{
    struct interval_bounds bounds;

    for (size_t i = 0; i < part->finding_count && !assembly->result->problem; i++) {
        const struct resolve_findings *findings = &part->findings[i];

        if (*number >= task->summary.keyframe_count) {
            return fail_to_fit(task, *number, error);
        }
        if (interval_bounds_find(&bounds, task->log, *number, error)) {
            return -1;
        }
        if (!findings_fit(findings, &bounds) ||
            findings->end - findings->begin > EBB_MAX_POSITION - assembly->position) {
            return fail_to_fit(task, *number, error);
        }
        if (assembly_add(assembly, *number, findings, error)) {
            return -1;
        }
        ++*number;
    }
    assembly->result->seconds += part->seconds;
    assembly->result->workers += part->workers;
    return 0;
}

static int join(const struct task *task, const struct resolve_part *parts, size_t count,
                struct resolve_result *result, struct ebb_error *error)
{
    uint64_t number = task->summary.first_keyframe;
    struct assembly assembly;
    int status = 0;

    if (assembly_begin(&assembly, task, result, error)) {
        return -1;
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        status = add_part(&assembly, task, &parts[i], &number, error);
    }
    if (status == 0 && number < task->summary.keyframe_count && !result->problem) {
        status = fail_to_fit(task, number, error);
    }
    if (status == 0) {
        status = assembly_commit(&assembly, error);
    }
    assembly_end(&assembly);
    return status;
}

int resolve_join(const char *recording, const struct resolve_part *parts, size_t count,
                 struct resolve_result *result, struct ebb_error *error)
{
    const struct resolve_options options = {.recording = recording};
    struct task task;
    int status = task_open_recording(&task, &options, error);

    *result = (struct resolve_result){0};
    if (status == 0) {
        status = join(&task, parts, count, result, error);
    }
    task_close(&task);
    return status;
}
