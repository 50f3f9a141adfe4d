/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question_shard.h"

#include "cli/json_list.h"
#include "cli/part_text.h"
#include "cli/question_words.h"
#include "cli/recording_digest.h"
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int set(struct question_shard *shard, const char *name, json_t *value,
               struct ebb_error *error)
{
    return json_object_set_new(shard->part.found, name, value) < 0 ? ebb_fail_memory(error) : 0;
}

static int find_intervals(struct question_shard *shard, struct ebb_error *error)
{
    struct interval_list intervals;
    int status = interval_list_read(&intervals, shard->recording->log, error);

    if (status == 0) {
        shard->part.intervals = shard_intervals(&shard->part.shard, &intervals);
        shard_bounds(&intervals, &shard->part.intervals, &shard->begin, &shard->end);
    }
    interval_list_free(&intervals);
    return status;
}

static int check(const struct question_asked *asked, const struct shard_request *request,
                 const struct recording *recording, struct ebb_error *error)
{
    if (arguments_value(asked->arguments, "json")) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--shard does not go with --json, which is for ebb merge");
    }
    return shard_request_check(request, recording, error);
}

/* From here on nobody hears of what the command prints. */
static int silence(struct question_shard *shard, struct ebb_error *error)
{
    FILE *nowhere = fopen("/dev/null", "we");

    if (!nowhere) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot open /dev/null: %s", strerror(errno));
    }
    shard->out = stdout;
    stdout = nowhere;
    return 0;
}

static int begin(struct question_shard *shard, const struct question_asked *asked,
                 struct ebb_error *error)
{
    const struct recording *recording = shard->recording;
    json_t *words = question_words_json(asked->arguments, asked->named, asked->operand_count);

    snprintf(shard->part.command, sizeof(shard->part.command), "%s",
             asked->arguments->command->name);
    return set(shard, "question", words, error) < 0 ||
                   set(shard, "directory", part_text(recording->directory), error) < 0 ||
                   recording_digest(recording->directory, recording->log, shard->part.recording,
                                    error) < 0 ||
                   find_intervals(shard, error) < 0
               ? -1
               : silence(shard, error);
}

int question_shard_open(struct question_shard **shard, const struct question_asked *asked,
                        const struct recording *recording, struct ebb_error *error)
{
    const char *share = arguments_value(asked->arguments, "shard");
    const char *output = arguments_value(asked->arguments, "output");
    struct shard_request request;

    if (shard_request_read(&request, share, asked->has_own_output && !share ? NULL : output,
                           error) < 0) {
        return -1;
    }
    if (!request.wanted) {
        return 0;
    }
    if (check(asked, &request, recording, error) < 0) {
        return -1;
    }
    *shard = calloc(1, sizeof(**shard));
    if (!*shard) {
        return ebb_fail_memory(error);
    }
    **shard = (struct question_shard){
        .recording = recording,
        .request = request,
        .part = {.shard = request.shard, .found = json_object()},
    };
    return begin(*shard, asked, error);
}

static int write_part(struct question_shard *shard, struct ebb_error *error)
{
    char *rows = text_hex(shard->rows.bytes, shard->rows.size, shard->rows.size);
    int status = rows ? set(shard, "rows", json_string(rows), error) : ebb_fail_memory(error);

    free(rows);
    return status < 0 || set(shard, "count", json_unsigned(shard->count), error) < 0 ||
                   set(shard, "ended", json_boolean(shard->ended), error) < 0
               ? -1
               : part_write(shard->request.output, &shard->part, error);
}

int question_shard_close(struct question_shard *shard, int status, struct ebb_error *error)
{
    if (shard->out) {
        fclose(stdout);
        stdout = shard->out;
    }
    if (status == 0) {
        status = write_part(shard, error);
    }
    if (status == 0) {
        part_tell(&shard->part, shard->recording->directory, shard->request.output);
    }
    ebb_buffer_free(&shard->rows);
    part_free(&shard->part);
    free(shard);
    return status;
}

/* Scans. */

static int keep(void *opaque, const struct timeline_row *row)
{
    struct question_shard *shard = opaque;

    if (row_bytes_add(&shard->rows, row, shard->scan, shard->error) < 0) {
        shard->failed = true;
        return -1;
    }
    return shard->scan->row(shard->scan->opaque, row);
}

static int scan_and_keep(struct question_shard *shard, struct timeline *timeline,
                         const struct timeline_scan *wanted, const struct timeline_scan *share,
                         struct timeline_scan_result *result, struct ebb_error *error)
{
    struct timeline_scan scan = *share;

    shard->scan = wanted;
    shard->error = error;
    scan.row = keep;
    scan.opaque = shard;
    return timeline_scan(timeline, &scan, result, error) < 0 || shard->failed ? -1 : 0;
}

static json_t *marks_json(const struct timeline_coverage *coverage)
{
    size_t size = timeline_coverage_size(coverage);
    char *marks = text_hex(coverage->marks, size, size);
    json_t *object =
        marks ? json_pack("{s:o, s:s}", "begin", json_hexadecimal(coverage->begin), "marks", marks)
              : NULL;

    free(marks);
    return object;
}

static int keep_marks(struct question_shard *shard, const struct timeline_coverage *coverage,
                      struct ebb_error *error)
{
    json_t *list = json_object_get(shard->part.found, "coverage");

    if (!list && set(shard, "coverage", json_array(), error) < 0) {
        return -1;
    }
    list = json_object_get(shard->part.found, "coverage");
    return json_array_append_new(list, marks_json(coverage)) < 0 ? ebb_fail_memory(error) : 0;
}

/* That replay and log disagree, or that there is damage, is for ebb merge to tell, behind the rows
 * of the shards before. */
static int keep_problem(struct question_shard *shard, struct timeline_scan_result *result,
                        struct ebb_error *error)
{
    json_t *problem;

    if (result->reason != TIMELINE_STOP_DAMAGED && result->reason != TIMELINE_STOP_DIVERGED) {
        return 0;
    }
    problem = json_pack("{s:i, s:o}", "reason", (int)result->reason, "position",
                        json_unsigned(result->until));
    if (problem && result->report) {
        json_object_set_new(problem, "report", part_text(result->report));
    }
    result->reason = TIMELINE_STOP_STEP;
    return set(shard, "problem", problem, error);
}

int question_shard_scan(struct question_shard *shard, struct timeline *timeline,
                        const struct timeline_scan *wanted, struct timeline_scan_result *result,
                        struct ebb_error *error)
{
    struct timeline_scan share = *wanted;

    share.from = share.from > shard->begin ? share.from : shard->begin;
    share.to = share.to < shard->end ? share.to : shard->end;
    *result = (struct timeline_scan_result){.reason = TIMELINE_STOP_STEP, .until = wanted->to};
    if (shard->part.intervals.count && share.from < share.to) {
        if (scan_and_keep(shard, timeline, wanted, &share, result, error) < 0 ||
            keep_problem(shard, result, error) < 0) {
            return -1;
        }
        shard->count += wanted->count ? result->rows : 0;
        shard->ended = result->ended; /* the last scan tells whether more was wanted */
    }
    return wanted->coverage ? keep_marks(shard, wanted->coverage, error) : 0;
}

int question_shard_follow(struct question_shard *shard, struct timeline *timeline,
                          const struct timeline_scan *wanted, struct timeline_scan_result *result,
                          struct ebb_error *error)
{
    return scan_and_keep(shard, timeline, wanted, wanted, result, error);
}

/* What gdb says. */

int question_shard_answer(struct question_shard *shard, uint64_t position, json_t *answer,
                          struct ebb_error *error)
{
    json_t *list = json_object_get(shard->part.found, "answers");

    if (!list && set(shard, "answers", json_array(), error) < 0) {
        return -1;
    }
    list = json_object_get(shard->part.found, "answers");
    return json_array_append_new(list, json_pack("[o, O]", json_unsigned(position), answer)) < 0
               ? ebb_fail_memory(error)
               : 0;
}

int question_shard_fact(struct question_shard *shard, const char *name, json_t *fact,
                        struct ebb_error *error)
{
    json_t *facts = json_object_get(shard->part.found, "facts");

    if (!facts && set(shard, "facts", json_object(), error) < 0) {
        return -1;
    }
    facts = json_object_get(shard->part.found, "facts");
    return json_object_set(facts, name, fact) < 0 ? ebb_fail_memory(error) : 0;
}
