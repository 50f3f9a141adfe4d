/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings_json.h"

#include "json_list.h"
#include "part_text.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Members that are numbers, and where they are. */
static const struct number {
    const char *name;
    size_t offset;
} numbers[] = {
    {"begin", offsetof(struct resolve_findings, begin)},
    {"end", offsetof(struct resolve_findings, end)},
    {"first_event", offsetof(struct resolve_findings, first_event)},
    {"events", offsetof(struct resolve_findings, event_count)},
    {"anchors", offsetof(struct resolve_findings, anchors)},
    {"steps", offsetof(struct resolve_findings, steps)},
    {"ambiguous", offsetof(struct resolve_findings, ambiguous)},
    {"replaced", offsetof(struct resolve_findings, replaced)},
    {"astray", offsetof(struct resolve_findings, astray)},
    {"good", offsetof(struct resolve_findings, good)},
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static json_t *flips_json(const struct resolve_findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < findings->flip_count; i++) {
        const struct resolve_flip *flip = &findings->flips[i];

        if (json_array_append_new(list,
                                  json_pack("{s:o, s:o}", "position", json_unsigned(flip->position),
                                            "pc", json_hexadecimal(flip->pc))) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The distances from event to event, as they are packed. */
static json_t *distances_json(const struct resolve_findings *findings)
{
    char *digits = text_hex(findings->packed, findings->packed_size, findings->packed_size);
    json_t *string = digits ? json_string(digits) : NULL;

    free(digits);
    return string;
}

json_t *findings_json_make(const struct resolve_findings *findings)
{
    json_t *object = json_object();
    int failed = 0;

    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t number;

        memcpy(&number, (const char *)findings + numbers[i].offset, sizeof(number));
        failed |= json_object_set_new(object, numbers[i].name, json_unsigned(number));
    }
    failed |= json_object_set_new(object, "distances", distances_json(findings));
    failed |= json_object_set_new(object, "exclusives", flips_json(findings));
    if (findings->problem) {
        failed |= json_object_set_new(object, "problem", part_text(findings->problem));
    }
    if (failed) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool read_distances(const json_t *value, struct resolve_findings *findings)
{
    const char *digits = json_string_value(value);
    size_t length = json_string_length(value);

    findings->packed = digits ? text_hex_read(digits, length) : NULL;
    findings->packed_size = findings->packed ? length / 2 : 0;
    return findings->packed != NULL;
}

static bool read_flips(const json_t *list, struct resolve_findings *findings)
{
    size_t count = json_array_size(list);

    findings->flips = json_is_array(list) ? calloc(count + 1, sizeof(*findings->flips)) : NULL;
    if (!findings->flips) {
        return false;
    }
    findings->flip_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *flip = json_array_get(list, i);

        if (json_read_number(json_object_get(flip, "position"), &findings->flips[i].position) < 0 ||
            json_read_number(json_object_get(flip, "pc"), &findings->flips[i].pc) < 0) {
            return false;
        }
    }
    return true;
}

bool findings_json_read(const json_t *value, const char *directory, const char *here,
                        struct resolve_findings *findings)
{
    const json_t *problem = json_object_get(value, "problem");

    *findings = (struct resolve_findings){0};
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t number;

        if (json_read_number(json_object_get(value, numbers[i].name), &number) < 0) {
            return false;
        }
        memcpy((char *)findings + numbers[i].offset, &number, sizeof(number));
    }
    if (problem && !json_is_string(problem)) {
        return false;
    }
    if (problem) {
        findings->problem = part_text_here(json_string_value(problem), directory, here);
    }
    return !problem == !findings->problem &&
           read_distances(json_object_get(value, "distances"), findings) &&
           read_flips(json_object_get(value, "exclusives"), findings);
}
