/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"
#include "question_parts.h"
#include "question_shard.h"

#include "cli/address_sum.h"
#include "cli/early_stop.h"
#include "cli/guest_state.h"
#include "cli/notices.h"
#include "cli/slide.h"
#include "cli/symbol_file.h"
#include "cli/walls_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 16

const char *question_operand(const struct question *question)
{
    return question->arguments->operands[question->arguments->operand_count - 1];
}

static int open_recording(struct question *question, struct ebb_error *error)
{
    struct arguments without = *question->arguments;

    if (question->without_operand) {
        return recording_open(&question->recording, &without, error);
    }
    if (without.operand_count == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "say what to look for; --help tells how");
    }
    without.operand_count--;
    return recording_open(&question->recording, &without, error);
}

static int read_numbers(struct question *question, struct timeline_options *options,
                        struct ebb_error *error)
{
    const char *const *values = question->arguments->values;
    const char *rows =
        question->without_rows || question->without_limit ? NULL : values[QUESTION_LIMIT];
    unsigned long long workers = 0, memory = 0, limit = 0;

    if ((values[QUESTION_WORKERS] &&
         options_number(values[QUESTION_WORKERS], "--workers", WORKERS_MAX, &workers, error) < 0) ||
        (values[QUESTION_MEMORY] &&
         options_size(values[QUESTION_MEMORY], "--memory", &memory, error) < 0) ||
        (rows && options_number(rows, "--limit", INT64_MAX, &limit, error) < 0)) {
        return -1;
    }
    if ((values[QUESTION_WORKERS] && workers == 0) || (rows && limit == 0)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s must be at least 1",
                        values[QUESTION_WORKERS] && workers == 0 ? "--workers" : "--limit");
    }
    options->workers = (unsigned)workers;
    options->memory_budget = memory;
    question->limit = limit;
    return 0;
}

static int open_timeline(struct question *question, struct ebb_error *error)
{
    struct timeline_options options = {
        .recording = question->recording.directory,
        .replacing = progress_replacing,
        .progress = progress_show,
        .progress_opaque = &question->progress,
        .resolving = progress_resolving,
        .resolving_opaque = &question->progress,
    };

    if (read_numbers(question, &options, error) < 0) {
        return -1;
    }
    walls_check_before_replay();
    question->timeline = timeline_open(&options, error);
    question->progress.timeline = question->timeline;
    /* A recording made under KVM may have got its positions just now. */
    if (!question->timeline || recording_open_log(&question->recording, ebb_log_open, error) < 0) {
        return -1;
    }
    progress_clear(&question->progress);
    notices_tell(&question->recording, question->timeline);
    return 0;
}

static int open_symbols(struct question *question, struct ebb_error *error)
{
    const char *chosen = question->arguments->values[QUESTION_SYMBOLS];
    struct slide slide;

    if (symbol_file_find(&question->recording, chosen, &question->symbol_file, error) < 0) {
        return -1;
    }
    if (!question->symbol_file) {
        return 0;
    }
    question->symbols = symbols_open(question->symbol_file, error);
    if (!question->symbols ||
        slide_find(&slide, question->timeline, question->symbols, error) < 0) {
        return -1;
    }
    slide_tell(&slide, question->symbol_file, false);
    symbols_move(question->symbols, slide.offset);
    question->locations.symbols = question->symbols;
    return 0;
}

static int read_range(struct question *question, struct ebb_error *error)
{
    const char *from = question->arguments->values[QUESTION_FROM];
    const char *to = question->arguments->values[QUESTION_TO];
    struct timeline_scan *scan = &question->scan;

    scan->from = timeline_begin(question->timeline);
    scan->to = timeline_end(question->timeline);
    if ((from &&
         recording_position(&question->recording, from, "--from", &scan->from, error) < 0) ||
        (to && recording_position(&question->recording, to, "--to", &scan->to, error) < 0)) {
        return -1;
    }
    if (!from && !to && scan->from >= scan->to) {
        return ebb_fail(error, EBB_ERROR_CORRUPT, "there is nothing in the recording to replay");
    }
    if (scan->from < timeline_begin(question->timeline) ||
        scan->to > timeline_end(question->timeline) || scan->from >= scan->to) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is nothing from position %" PRIu64 " to %" PRIu64
                        "; the recording has those from %" PRIu64 " to %" PRIu64,
                        scan->from, scan->to, timeline_begin(question->timeline),
                        timeline_end(question->timeline));
    }
    return 0;
}

/* Of a shard, or as ebb merge has it. */
static int open_parts(struct question *question, struct ebb_error *error)
{
    const struct arguments *arguments = question->arguments;
    const struct question_asked asked = {
        .arguments = arguments,
        .named = arguments->operand_count > !question->without_operand,
        .operand_count = arguments->operand_count + question->operands_behind,
        .has_own_output = question->has_own_output,
    };

    if (!arguments->merging) {
        return question_shard_open(&question->shard, &asked, &question->recording, error);
    }
    question->parts = question_parts_open(arguments->merging, &question->recording, error);
    return question->parts ? 0 : -1;
}

int question_open(struct question *question, const struct arguments *arguments,
                  struct ebb_error *error)
{
    question->arguments = arguments;
    question->json = !question->without_rows && arguments->values[QUESTION_JSON];
    progress_begin(&question->progress, "scanning");
    return open_recording(question, error) < 0 || open_parts(question, error) < 0 ||
                   open_timeline(question, error) < 0 || open_symbols(question, error) < 0 ||
                   read_range(question, error) < 0
               ? -1
               : 0;
}

int question_end(struct question *question, int status, struct ebb_error *error)
{
    if (question->shard) {
        progress_clear(&question->progress);
        status = question_shard_close(question->shard, status, error);
        question->shard = NULL;
    }
    question_close(question);
    return status;
}

void question_close(struct question *question)
{
    question_parts_close(question->parts);
    progress_end(&question->progress);
    timeline_close(question->timeline);
    locations_free(&question->locations);
    symbols_close(question->symbols);
    free(question->symbol_file);
    recording_close(&question->recording);
}

int question_place(struct question *question, const char *text, uint64_t *address, uint64_t *length,
                   struct ebb_error *error)
{
    const struct address_terms terms = {
        .symbols = question->symbols,
        .symbol_file = question->symbol_file,
        .wide = guest_state_is_wide(question->timeline),
    };

    return address_sum_read_place(&terms, text, address, length, error);
}

int question_code(struct question *question, const char *text, uint64_t *address,
                  struct ebb_error *error)
{
    uint64_t length = 0;

    if (question_place(question, text, address, &length, error) < 0) {
        return -1;
    }
    return strchr(text, ',')
               ? ebb_fail(error, EBB_ERROR_USAGE, "code has no length; write \"%.*s\"",
                          (int)strcspn(text, ","), text)
               : 0;
}

int question_seek(struct question *question, uint64_t position, const char *advice,
                  struct ebb_error *error)
{
    struct timeline_stop stop;

    if (timeline_seek(question->timeline, position, &stop, error) < 0) {
        return -1;
    }
    progress_clear(&question->progress);
    return early_stop_fail(&stop, advice, stderr, error);
}

int question_follow(struct question *question, const struct timeline_scan *scan,
                    struct timeline_scan_result *result, struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;

    return question->parts   ? question_parts_follow(question->parts, timeline, scan, result, error)
           : question->shard ? question_shard_follow(question->shard, timeline, scan, result, error)
                             : timeline_scan(timeline, scan, result, error);
}

static int scan_or_ask_parts(struct question *question, struct timeline_scan_result *result,
                             struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;
    const struct timeline_scan *scan = &question->scan;

    return question->parts   ? question_parts_scan(question->parts, timeline, scan, result, error)
           : question->shard ? question_shard_scan(question->shard, timeline, scan, result, error)
                             : timeline_scan(timeline, scan, result, error);
}

int question_scan(struct question *question, struct timeline_scan_result *result,
                  struct ebb_error *error)
{
    struct timeline_stop stop;

    if (scan_or_ask_parts(question, result, error) < 0) {
        return -1;
    }
    progress_clear(&question->progress);
    stop = (struct timeline_stop){
        .reason = result->reason,
        .position = result->until,
        .report = (char *)result->report,
    };
    return early_stop_fail(&stop, "rows end there", stderr, error);
}

void question_begin_rows(struct question *question)
{
    if (question->json) {
        json_list_begin(&question->list, stdout);
    }
}

void question_end_rows(struct question *question)
{
    if (question->json) {
        json_list_end(&question->list);
    }
}

bool question_takes(struct question *question, const struct timeline_row *row, bool *enough)
{
    *enough = false;
    if (question->wants && !question->wants(question, row)) {
        return false;
    }
    if (question->limit && question->told >= question->limit && row->position != question->last) {
        *enough = true;
        return false;
    }
    question->told++;
    question->last = row->position;
    return true;
}

void question_tell_more(struct question *question, uint64_t from)
{
    if (!ferror(stdout) && !question->shard) {
        progress_clear(&question->progress);
        fprintf(stderr, "ebb: there may be more; --from %" PRIu64 " goes on\n", from);
    }
}

static int print_row(void *opaque, const struct timeline_row *row)
{
    struct question *question = opaque;
    bool enough;
    int status;

    if (!question_takes(question, row, &enough) || question->shard) {
        return enough;
    }
    progress_clear(&question->progress);
    status = question->json ? json_list_add(&question->list, question->describe(question, row),
                                            question->error)
                            : question->print(question, row, question->error);
    question->failed |= status < 0;
    return status < 0 || ferror(stdout);
}

int question_ask(struct question *question, struct ebb_error *error)
{
    struct timeline_scan_result result = {0};
    int status;

    question->error = error;
    question->scan.row = print_row;
    question->scan.opaque = question;
    question_begin_rows(question);
    status = question_scan(question, &result, error);
    question_end_rows(question);
    if (status == 0 && result.ended && !question->failed) {
        question_tell_more(question, question->last + 1);
    }
    return question->failed ? -1 : status;
}

bool question_begin_at_shard(struct question *question)
{
    const struct question_shard *shard = question->shard;
    struct timeline_scan *scan = &question->scan;

    if (shard && scan->from < shard->begin) {
        scan->from = shard->begin;
    }
    return !shard ||
           (shard->part.intervals.count && scan->from < scan->to && scan->from < shard->end);
}

int question_file_open(const struct question *question, struct new_file *new, const char *path,
                       struct ebb_error *error)
{
    *new = (struct new_file){.file = stdout};
    return question->shard || question->parts ? 0 : new_file_open(new, path, error);
}

int question_file_finish(const struct question *question, struct new_file *new,
                         struct ebb_error *error)
{
    return question->shard || question->parts ? 0 : new_file_finish(new, error);
}
