/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve_shard.h"

#include "findings_json.h"
#include "new_file.h"
#include "part_file.h"
#include "part_text.h"
#include "progress.h"
#include "recording_digest.h"

#include "replay/resolver/resolver.h"

#include <string.h>

static json_t *found_json(const struct recording *recording, const struct resolve_part *found)
{
    json_t *list = json_array();
    json_t *object = json_pack("{s:o, s:I, s:i, s:O}", "directory", part_text(recording->directory),
                               "nanoseconds", (json_int_t)(found->seconds * 1e9), "workers",
                               (int)found->workers, "intervals", list);
    int failed = object ? 0 : -1;

    for (size_t i = 0; i < found->finding_count; i++) {
        failed |= json_array_append_new(list, findings_json_make(&found->findings[i]));
    }
    json_decref(list);
    if (failed) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static int resolve(const struct recording *recording, const struct interval_range *intervals,
                   unsigned workers, struct resolve_part *found, struct ebb_error *error)
{
    struct ebb_log_summary summary;
    struct progress progress;
    const struct resolve_options options = {
        .recording = recording->directory,
        .workers = workers,
        .progress = progress_resolving,
        .progress_opaque = &progress,
    };
    struct resolve_range range = {.count = intervals->count};
    int status;

    if (!intervals->count) {
        return 0;
    }
    ebb_log_summary(recording->log, &summary);
    range.first = summary.first_keyframe + intervals->first;
    progress_begin(&progress, "resolving");
    status = resolve_intervals(&options, &range, found, error);
    progress_end(&progress);
    return status;
}

static int find_intervals(const struct recording *recording, const struct shard *shard,
                          struct interval_range *range, struct ebb_error *error)
{
    struct interval_list intervals;
    int status = interval_list_read(&intervals, recording->log, error);

    if (status == 0) {
        *range = shard_intervals(shard, &intervals);
    }
    interval_list_free(&intervals);
    return status;
}

static int do_shard(struct part *part, const struct recording *recording, unsigned workers,
                    struct ebb_error *error)
{
    struct resolve_part found = {0};
    int status =
        recording_digest(recording->directory, recording->log, part->recording, error) < 0 ||
                find_intervals(recording, &part->shard, &part->intervals, error) < 0
            ? -1
            : resolve(recording, &part->intervals, workers, &found, error);

    if (status == 0) {
        part->found = found_json(recording, &found);
        status = part->found ? 0 : ebb_fail_memory(error);
    }
    resolve_part_free(&found);
    return status;
}

static int check_request(struct recording *recording, const struct shard_request *request,
                         struct ebb_error *error)
{
    struct ebb_log_summary summary;

    ebb_log_summary(recording->log, &summary);
    if (!summary.counts) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s was not recorded under KVM, and its positions are known",
                        recording->directory);
    }
    return new_file_check(request->output, error) < 0
               ? -1
               : recording_open_log(recording, ebb_log_open_unresolved, error);
}

int resolve_shard(struct recording *recording, const struct shard_request *request,
                  unsigned workers, struct ebb_error *error)
{
    struct part part = {.command = "resolve", .shard = request->shard};
    int status = check_request(recording, request, error);

    if (status == 0) {
        status = do_shard(&part, recording, workers, error);
    }
    if (status == 0) {
        status = part_write(request->output, &part, error);
    }
    if (status == 0) {
        part_tell(&part, recording->directory, request->output);
    }
    part_free(&part);
    return status;
}
