/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shard.h"

#include "new_file.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail_to_parse(const char *text, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "--shard: \"%s\" is no shard; write K/N for share K of N, 1 to N, at most %u",
                    text, SHARD_MAX);
}

static int parse(struct shard *shard, const char *text, struct ebb_error *error)
{
    const char *slash = strchr(text, '/');
    unsigned long long number = 0, count = 0;
    char digits[24] = "";

    if (slash && slash - text < (long)sizeof(digits)) {
        memcpy(digits, text, (size_t)(slash - text));
    }
    if (!slash || options_number(digits, "--shard", SHARD_MAX, &number, NULL) < 0 ||
        options_number(slash + 1, "--shard", SHARD_MAX, &count, NULL) < 0 || number < 1 ||
        number > count) {
        return fail_to_parse(text, error);
    }
    *shard = (struct shard){(unsigned)number, (unsigned)count};
    return 0;
}

int shard_request_read(struct shard_request *request, const char *shard, const char *output,
                       struct ebb_error *error)
{
    *request = (struct shard_request){.wanted = shard != NULL, .output = output};
    if (!shard != !output) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--shard and --output go together: which share to do, and into which file "
                        "to write what comes of it, for ebb merge");
    }
    return shard ? parse(&request->shard, shard, error) : 0;
}

int shard_request_check(const struct shard_request *request, const struct recording *recording,
                        struct ebb_error *error)
{
    if (recording->counts) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the positions of %s are not known yet; have them found by ebb resolve, "
                        "which does it by shards as well",
                        recording->directory);
    }
    return new_file_check(request->output, error);
}

int interval_list_read(struct interval_list *list, const struct ebb_log *log,
                       struct ebb_error *error)
{
    struct ebb_log_summary summary;
    uint64_t last = 0;

    ebb_log_summary(log, &summary);
    *list = (struct interval_list){0};
    list->starts = calloc(summary.keyframe_count - summary.first_keyframe + 1, sizeof(uint64_t));
    if (!list->starts) {
        return ebb_fail_memory(error);
    }
    for (uint64_t i = summary.first_keyframe; i < summary.keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        if (ebb_log_keyframe(log, i, &keyframe, error) < 0) {
            return -1;
        }
        last = keyframe.position > last ? keyframe.position : last;
        list->starts[list->count++] = last;
    }
    list->end = summary.end_position > last ? summary.end_position : last;
    return 0;
}

void interval_list_free(struct interval_list *list)
{
    free(list->starts);
    *list = (struct interval_list){0};
}

uint64_t interval_list_start(const struct interval_list *list, size_t i)
{
    return i < list->count ? list->starts[i] : list->end;
}

/* The shard that an interval belongs to, from 0 on. */
static unsigned owner(const struct interval_list *list, size_t i, unsigned shards)
{
    uint64_t begin = list->starts[0], length = list->end - begin;
    unsigned __int128 twice_middle = (unsigned __int128)(interval_list_start(list, i) - begin) +
                                     (interval_list_start(list, i + 1) - begin);
    unsigned __int128 number = length ? twice_middle * shards / 2 / length : 0;

    return number < shards ? (unsigned)number : shards - 1;
}

struct interval_range shard_intervals(const struct shard *shard, const struct interval_list *list)
{
    struct interval_range range = {0};

    while (range.first < list->count &&
           owner(list, range.first, shard->count) + 1 < shard->number) {
        range.first++;
    }
    while (range.first + range.count < list->count &&
           owner(list, range.first + range.count, shard->count) + 1 == shard->number) {
        range.count++;
    }
    return range;
}

void shard_bounds(const struct interval_list *list, const struct interval_range *range,
                  uint64_t *begin, uint64_t *end)
{
    uint64_t behind = interval_list_start(list, range->first + range->count);

    *begin = interval_list_start(list, range->first);
    *end = behind < list->end ? behind : UINT64_MAX;
}
