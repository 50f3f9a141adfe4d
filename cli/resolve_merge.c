/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_merge.h"

#include "findings_json.h"
#include "json_list.h"
#include "resolution.h"

#include "replay/resolver/resolve_join.h"

#include <stdlib.h>

/* Reads what a shard has found; false if it makes no sense. */
static bool read_part(const struct merging *merging, const struct part *part,
                      struct resolve_part *found)
{
    const char *directory = json_string_value(json_object_get(part->found, "directory"));
    const json_t *list = json_object_get(part->found, "intervals");
    uint64_t nanoseconds, workers;

    if (!directory || !json_is_array(list) || json_array_size(list) > part->intervals.count ||
        json_read_number(json_object_get(part->found, "nanoseconds"), &nanoseconds) < 0 ||
        json_read_number(json_object_get(part->found, "workers"), &workers) < 0 || workers > 1000) {
        return false;
    }
    found->seconds = (double)nanoseconds / 1e9;
    found->workers = (unsigned)workers;
    found->findings = calloc(json_array_size(list) + 1, sizeof(*found->findings));
    for (size_t i = 0; found->findings && i < json_array_size(list); i++) {
        found->finding_count++;
        if (!findings_json_read(json_array_get(list, i), directory, merging->recording->directory,
                                &found->findings[i])) {
            return false;
        }
    }
    return found->findings &&
           (found->finding_count == part->intervals.count ||
            (found->finding_count && found->findings[found->finding_count - 1].problem));
}

static int read_parts(const struct merging *merging, struct resolve_part *found,
                      struct ebb_error *error)
{
    for (unsigned i = 0; i < merging->parts->count; i++) {
        if (!read_part(merging, &merging->parts->parts[i], &found[i])) {
            return part_refuse(&merging->parts->parts[i], error);
        }
    }
    return 0;
}

static int join(struct merging *merging, struct resolution *resolution, struct ebb_error *error)
{
    unsigned count = merging->parts->count;
    struct resolve_part *found = calloc(count, sizeof(*found));
    int status = found ? read_parts(merging, found, error) : ebb_fail_memory(error);

    if (status == 0) {
        status =
            resolve_join(merging->recording->directory, found, count, &resolution->result, error);
    }
    for (unsigned i = 0; found && i < count; i++) {
        resolve_part_free(&found[i]);
    }
    free(found);
    return status;
}

int resolve_merge(struct merging *merging, struct ebb_error *error)
{
    struct resolution resolution = {0};
    int status = join(merging, &resolution, error);

    if (status == 0) {
        resolution.done = true;
        status = resolution_finish(&resolution, merging->recording, error);
    }
    if (status == 0) {
        status =
            resolution_tell(&resolution, merging->recording, merging->out, merging->json, error);
    }
    resolution_free(&resolution);
    return status;
}
