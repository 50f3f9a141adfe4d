/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify_merge.h"

#include "json_list.h"
#include "part_text.h"
#include "resolution.h"
#include "verification.h"

#include <stdlib.h>
#include <string.h>

struct state {
    uint64_t position, registers, ram;
};

static bool read_digest(const json_t *value, uint64_t *digest)
{
    const char *text = json_string_value(value);
    char *end;

    if (!text || strspn(text, "0123456789abcdef") != 16 || text[16]) {
        return false;
    }
    *digest = strtoull(text, &end, 16);
    return true;
}

static bool read_state(const json_t *object, struct state *state)
{
    return json_read_number(json_object_get(object, "position"), &state->position) == 0 &&
           read_digest(json_object_get(object, "registers"), &state->registers) &&
           read_digest(json_object_get(object, "ram"), &state->ram);
}

static bool same_state(const struct state *one, const struct state *other)
{
    return one->position == other->position && one->registers == other->registers &&
           one->ram == other->ram;
}

static bool is_text_or_missing(const json_t *value)
{
    return !value || json_is_string(value);
}

static bool problem_makes_sense(const json_t *problem)
{
    json_int_t status = json_integer_value(json_object_get(problem, "status"));
    uint64_t position;

    return (status == EBB_ERROR_DIVERGED || status == EBB_ERROR_CORRUPT) &&
           json_read_number(json_object_get(problem, "position"), &position) == 0 &&
           json_is_string(json_object_get(problem, "message")) &&
           is_text_or_missing(json_object_get(problem, "report"));
}

/* Is what was found what a shard writes? */
static bool makes_sense(const struct part *part)
{
    const json_t *begin = json_object_get(part->found, "begin");
    const json_t *end = json_object_get(part->found, "end");
    const json_t *problem = json_object_get(part->found, "problem");
    struct state state;

    if (!json_is_string(json_object_get(part->found, "directory")) ||
        !is_text_or_missing(json_object_get(part->found, "log")) ||
        !is_text_or_missing(json_object_get(part->found, "keyframes"))) {
        return false;
    }
    if (!begin) {
        return !end && !problem;
    }
    return read_state(begin, &state) && !end == !!problem &&
           json_is_integer(json_object_get(part->found, "nanoseconds")) &&
           json_integer_value(json_object_get(part->found, "nanoseconds")) >= 0 &&
           (end ? read_state(end, &state) : problem_makes_sense(problem));
}

static char *get_text(const struct merging *merging, const struct part *part, const json_t *text)
{
    return part_text_here(json_string_value(text),
                          json_string_value(json_object_get(part->found, "directory")),
                          merging->recording->directory);
}

/* Takes over what a shard has met; returns -1. */
static int take_problem(struct verification *verification, const struct merging *merging,
                        const struct part *part, struct ebb_error *error)
{
    const json_t *problem = json_object_get(part->found, "problem");
    const json_t *report = json_object_get(problem, "report");
    char *message = get_text(merging, part, json_object_get(problem, "message"));

    json_read_number(json_object_get(problem, "position"), &verification->position);
    verification->report = report ? get_text(merging, part, report) : NULL;
    ebb_fail(error, (enum ebb_error_kind)json_integer_value(json_object_get(problem, "status")),
             "%s", message ? message : "replay and log disagree");
    free(message);
    return -1;
}

/* Goes on with a part's replay. Returns 1, 0 if it does not begin where the one before has ended,
 * or -1 with what it has met. */
static int append(struct verification *verification, const struct merging *merging,
                  const struct part *part, bool first, struct ebb_error *error)
{
    const struct state here = {verification->position, verification->registers, verification->ram};
    const json_t *end = json_object_get(part->found, "end");
    struct state begin, state;

    if (!read_state(json_object_get(part->found, "begin"), &begin) ||
        (!first && !same_state(&here, &begin))) {
        return 0;
    }
    if (first) {
        verification->begin = begin.position;
    }
    verification->seconds +=
        (double)json_integer_value(json_object_get(part->found, "nanoseconds")) / 1e9;
    if (!end) {
        return take_problem(verification, merging, part, error);
    }
    read_state(end, &state);
    verification->position = state.position;
    verification->registers = state.registers;
    verification->ram = state.ram;
    return 1;
}

/* Puts the parts' replays one behind the other. */
static int join(struct verification *verification, const struct merging *merging,
                struct ebb_error *error)
{
    uint64_t from = 0; /* where the last part has begun */
    bool first = true;

    for (unsigned i = 0; i < merging->parts->count; i++) {
        const struct part *part = &merging->parts->parts[i];
        uint64_t here = first ? 0 : verification->position;
        int joined = part->intervals.count ? append(verification, merging, part, first, error) : 1;

        if (joined == 0) {
            return verification_replay(verification, from, error);
        }
        if (joined < 0) {
            return -1;
        }
        from = part->intervals.count ? here : from;
        first &= part->intervals.count == 0;
    }
    /* Without any keyframe there was nothing to replay, which is for the replay to say. */
    return first ? verification_replay(verification, 0, error) : 0;
}

/* The first damage in the bytes that the shards have read, as one reader would have met it. */
static int check_files_of_all(const struct verification *verification,
                              const struct merging *merging, struct ebb_error *error)
{
    static const char *const names[] = {"log", "keyframes"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (unsigned n = 0; n < merging->parts->count; n++) {
            const struct part *part = &merging->parts->parts[n];
            const json_t *damage = json_object_get(part->found, names[i]);
            char *text = damage ? get_text(merging, part, damage) : NULL;

            if (damage) {
                ebb_fail(error, EBB_ERROR_CORRUPT, "%s", text ? text : "it is damaged");
                free(text);
                return verification_fail_rest(verification, error);
            }
        }
    }
    return 0;
}

int verify_merge(struct merging *merging, struct ebb_error *error)
{
    struct resolution none = {0};
    struct verification verification = {0};
    struct ebb_error problem = {0};
    int status;

    for (unsigned i = 0; i < merging->parts->count; i++) {
        const struct part *part = &merging->parts->parts[i];

        if (!makes_sense(part)) {
            return part_refuse(part, error);
        }
    }
    status = verification_begin(&verification, merging->recording, &none, &problem);
    if (status == 0) {
        status = join(&verification, merging, &problem);
    }
    if (status == 0) {
        status = verification_compare(&verification, &problem);
    }
    if (status == 0) {
        status = check_files_of_all(&verification, merging, &problem);
    }
    status = verification_tell(&verification, merging->out, merging->json, status, &problem, error);
    verification_free(&verification);
    return status;
}
