/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "assembly.h"

#include "distance.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Positions handed to the index at once: 32 KB, which the stack has. Not measured. */
#define BATCH 4096u

int assembly_begin(struct assembly *assembly, const struct task *task,
                   struct resolve_result *result, struct ebb_error *error)
{
    const char *recording = task->options->recording;
    uint64_t position = task->summary.begin_position;

    *assembly = (struct assembly){.index = ebb_index_writer_create(task->log, error),
                                  .result = result,
                                  .position = position,
                                  .last_event = position,
                                  .next_event = task->summary.first_event};
    result->begin_position = position;
    if (assembly->index) {
        return 0;
    }
    if (faccessat(AT_FDCWD, recording, W_OK, AT_EACCESS)) {
        ebb_fail(error, EBB_ERROR_FAILED,
                 "the positions found could not be kept, since %s may not be written to; "
                 "copy the recording to where it may",
                 recording);
    }
    return -1;
}

void assembly_end(struct assembly *assembly)
{
    ebb_index_writer_free(assembly->index);
}

/* Events outside of the intervals: resets, and what precedes the first keyframe. */
static int add_events_here(struct assembly *assembly, uint64_t until, struct ebb_error *error)
{
    for (; assembly->next_event < until; assembly->next_event++) {
        if (ebb_index_add_events(assembly->index, &assembly->position, 1, error)) {
            return -1;
        }
        assembly->last_event = assembly->position;
        assembly->result->events++;
    }
    return 0;
}

static int add_events(struct assembly *assembly, const struct resolve_findings *findings,
                      struct ebb_error *error)
{
    uint64_t batch[BATCH], distance, position = assembly->position;
    const uint8_t *packed = findings->packed;
    size_t used = 0;

    for (uint64_t i = 0; i < findings->event_count; i++) {
        packed = distance_unpack(packed, &distance);
        position += distance;
        batch[used++] = position;
        if (used == BATCH || i + 1 == findings->event_count) {
            if (ebb_index_add_events(assembly->index, batch, used, error)) {
                return -1;
            }
            used = 0;
        }
    }
    if (findings->event_count) {
        assembly->last_event = position;
    }
    assembly->next_event += findings->event_count;
    assembly->result->events += findings->event_count;
    return 0;
}

static int add_flips(struct assembly *assembly, const struct resolve_findings *findings,
                     struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;
    struct resolve_flip *flips;

    if (!findings->flip_count) {
        return 0;
    }
    flips = realloc(result->flips, (result->flip_count + findings->flip_count) * sizeof(*flips));
    if (!flips) {
        return ebb_fail_memory(error);
    }
    result->flips = flips;
    for (size_t i = 0; i < findings->flip_count; i++) {
        const struct resolve_flip *flip = &findings->flips[i];
        uint64_t position = flip->position - findings->begin + assembly->position;

        if (result->flip_count && flips[result->flip_count - 1].position == position) {
            continue; /* the interval before has ended with it */
        }
        flips[result->flip_count++] = (struct resolve_flip){position, flip->pc};
        if (ebb_index_add_exclusive_clear(assembly->index, position, error)) {
            return -1;
        }
    }
    return 0;
}

/* The problem in the recording's positions: the interval knew only its own. */
static int set_problem(struct assembly *assembly, const struct resolve_findings *findings,
                       uint64_t number, struct ebb_error *error)
{
    uint64_t good = findings->good - findings->begin + assembly->position;
    uint64_t end = findings->end - findings->begin + assembly->position;
    int64_t shift = (int64_t)(assembly->position - findings->begin);
    char note[120] = "";

    if (shift) {
        snprintf(note, sizeof(note), "\n(%" PRId64 " is to be added to the positions above)",
                 shift);
    }
    if (asprintf(&assembly->result->problem,
                 "the recording cannot be replayed beyond event %" PRIu64 ", at position %" PRIu64
                 " or soon after it, in the interval of keyframe %" PRIu64 "\n"
                 "%s%s\n"
                 "the last place where the registers are known to be right is position %" PRIu64,
                 findings->first_event + findings->event_count, end, number, findings->problem,
                 note, good) < 0) {
        assembly->result->problem = NULL;
        return ebb_fail_memory(error);
    }
    return 0;
}

int assembly_add(struct assembly *assembly, uint64_t number,
                 const struct resolve_findings *findings, struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;

    if (ebb_index_add_keyframe(assembly->index, assembly->position, error) ||
        add_events_here(assembly, findings->first_event, error) ||
        add_flips(assembly, findings, error) || add_events(assembly, findings, error) ||
        (findings->problem && set_problem(assembly, findings, number, error))) {
        return -1;
    }
    assembly->position += findings->end - findings->begin;
    result->intervals++;
    result->anchors += findings->anchors;
    result->steps += findings->steps;
    result->ambiguous += findings->ambiguous;
    result->replaced += findings->replaced;
    result->astray += findings->astray;
    return 0;
}

int assembly_commit(struct assembly *assembly, struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;

    /* A recording that was cut off ends with its last event. */
    result->end_position = result->problem ? assembly->position : assembly->last_event;
    if (result->end_position < assembly->last_event) {
        result->end_position = assembly->last_event;
    }
    return ebb_index_commit(assembly->index, result->end_position, result->problem, error);
}
