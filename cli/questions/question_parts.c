/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question_parts.h"
#include "question_shard.h"

#include "cli/json_list.h"
#include "cli/merging.h"
#include "cli/part_text.h"
#include "cli/progress.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 4096u /* rows: for whether the user has enough */

/* Of one shard, beside its part. */
struct share {
    uint64_t begin, end;
    uint8_t *rows;
    size_t size;
};

struct question_parts {
    const struct part_set *set;
    const char *directory;
    struct share *shares; /* as many as parts */
    char *report;         /* of the last scan; owned */
};

static json_t *found(const struct question_parts *parts, unsigned i, const char *name)
{
    return json_object_get(parts->set->parts[i].found, name);
}

/* Reading. */

static struct ebb_span rows_of(const struct share *share)
{
    return (struct ebb_span){.bytes = share->rows, .left = share->size};
}

static bool is_of_call(const struct timeline_row *row)
{
    return row->kind == TIMELINE_ROW_CALL_RETURNED || row->kind == TIMELINE_ROW_CALL_LEFT;
}

/* Positions go up, and are the shard's; but for the ends of calls. */
static bool rows_make_sense(const struct share *share)
{
    struct row_read read;
    struct ebb_span rows = rows_of(share);
    uint64_t last = share->begin;

    while (rows.left) {
        if (!row_bytes_read(&rows, &read)) {
            return false;
        }
        if (!is_of_call(&read.row)) {
            if (read.row.position < last || read.row.position >= share->end) {
                return false;
            }
            last = read.row.position;
        }
    }
    return true;
}

static bool read_rows(const json_t *text, struct share *share)
{
    share->size = json_string_length(text) / 2;
    share->rows = json_is_string(text)
                      ? text_hex_read(json_string_value(text), json_string_length(text))
                      : NULL;
    return share->rows && rows_make_sense(share);
}

static bool problem_makes_sense(const json_t *problem)
{
    json_int_t reason = json_integer_value(json_object_get(problem, "reason"));
    const json_t *report = json_object_get(problem, "report");
    uint64_t position;

    return !problem || ((reason == TIMELINE_STOP_DAMAGED || reason == TIMELINE_STOP_DIVERGED) &&
                        json_read_number(json_object_get(problem, "position"), &position) == 0 &&
                        (!report || json_is_string(report)));
}

static bool answers_make_sense(const json_t *answers)
{
    uint64_t last = 0, position;
    json_t *answer;
    size_t i;

    json_array_foreach(answers, i, answer)
    {
        if (json_array_size(answer) != 2 ||
            json_read_number(json_array_get(answer, 0), &position) < 0 || position < last) {
            return false;
        }
        last = position;
    }
    return !answers || json_is_array(answers);
}

static bool makes_sense(struct question_parts *parts, unsigned i)
{
    uint64_t count;

    return json_is_string(found(parts, i, "directory")) &&
           read_rows(found(parts, i, "rows"), &parts->shares[i]) &&
           json_read_number(found(parts, i, "count"), &count) == 0 &&
           problem_makes_sense(found(parts, i, "problem")) &&
           answers_make_sense(found(parts, i, "answers"));
}

static int read_parts(struct question_parts *parts, const struct interval_list *intervals,
                      struct ebb_error *error)
{
    for (unsigned i = 0; i < parts->set->count; i++) {
        const struct part *part = &parts->set->parts[i];

        shard_bounds(intervals, &part->intervals, &parts->shares[i].begin, &parts->shares[i].end);
        if (!makes_sense(parts, i)) {
            return part_refuse(part, error);
        }
    }
    return 0;
}

static int begin(struct question_parts *parts, const struct recording *recording,
                 struct ebb_error *error)
{
    struct interval_list intervals;
    int status = interval_list_read(&intervals, recording->log, error);

    if (status == 0) {
        status = read_parts(parts, &intervals, error);
    }
    interval_list_free(&intervals);
    return status;
}

struct question_parts *question_parts_open(const struct merging *merging,
                                           const struct recording *recording,
                                           struct ebb_error *error)
{
    struct question_parts *parts = calloc(1, sizeof(*parts));
    struct share *shares = calloc(merging->parts->count, sizeof(*shares));

    if (!parts || !shares) {
        free(parts);
        free(shares);
        ebb_fail_memory(error);
        return NULL;
    }
    *parts = (struct question_parts){
        .set = merging->parts, .directory = recording->directory, .shares = shares};
    if (begin(parts, recording, error) < 0) {
        question_parts_close(parts);
        return NULL;
    }
    return parts;
}

void question_parts_close(struct question_parts *parts)
{
    if (!parts) {
        return;
    }
    for (unsigned i = 0; i < parts->set->count; i++) {
        free(parts->shares[i].rows);
    }
    free(parts->shares);
    free(parts->report);
    free(parts);
}

/* Scans. */

struct telling {
    const struct timeline_scan *wanted;
    struct timeline_scan_result *result;
    uint64_t last; /* rows of later positions are not told of */
};

/* 1: that is all that is wanted. */
static int tell_row(struct telling *telling, const struct timeline_row *row)
{
    struct timeline_scan_result *result = telling->result;

    if (!is_of_call(row) &&
        (row->position < telling->wanted->from || row->position > telling->last)) {
        return 0;
    }
    if (++result->rows % LOOK_EVERY == 0 && progress_is_interrupted()) {
        result->reason = TIMELINE_STOP_INTERRUPTED;
        return 1;
    }
    result->until = is_of_call(row) ? result->until : row->position;
    result->ended = telling->wanted->row(telling->wanted->opaque, row) != 0;
    return result->ended;
}

/* Tells of a shard's rows, or of the ends of calls alone. */
static int tell_share(struct question_parts *parts, unsigned i, struct telling *telling, bool calls,
                      struct ebb_error *error)
{
    struct ebb_span rows = rows_of(&parts->shares[i]);
    struct row_read read;

    while (rows.left) {
        if (!row_bytes_read(&rows, &read) ||
            (!calls && !is_of_call(&read.row) && !row_has_loads_of(&read, telling->wanted))) {
            return part_refuse(&parts->set->parts[i], error);
        }
        if ((!calls || is_of_call(&read.row)) && tell_row(telling, &read.row)) {
            return 1;
        }
    }
    return 0;
}

/* What the shard has found that ends the whole. 1: it does. */
static int end_at_problem(struct question_parts *parts, unsigned i,
                          struct timeline_scan_result *result)
{
    const json_t *problem = found(parts, i, "problem"),
                 *report = json_object_get(problem, "report");

    if (!problem) {
        return 0;
    }
    free(parts->report);
    parts->report =
        report ? part_text_here(json_string_value(report),
                                json_string_value(found(parts, i, "directory")), parts->directory)
               : NULL;
    result->reason =
        (enum timeline_stop_reason)json_integer_value(json_object_get(problem, "reason"));
    json_read_number(json_object_get(problem, "position"), &result->until);
    result->report = parts->report;
    return 1;
}

/* Or-s the marks of a shard to what is there. */
static int add_marks(struct question_parts *parts, unsigned i,
                     const struct timeline_coverage *coverage, struct ebb_error *error)
{
    size_t size = timeline_coverage_size(coverage), at;
    uint8_t *marks = NULL;
    uint64_t begin;
    json_t *entry;

    json_array_foreach(found(parts, i, "coverage"), at, entry)
    {
        const json_t *text = json_object_get(entry, "marks");

        if (json_read_number(json_object_get(entry, "begin"), &begin) == 0 &&
            begin == coverage->begin && json_string_length(text) == 2 * size) {
            marks = text_hex_read(json_string_value(text), 2 * size);
        }
    }
    if (!marks) {
        return part_refuse(&parts->set->parts[i], error);
    }
    for (size_t k = 0; k < size; k++) {
        coverage->marks[k] |= marks[k];
    }
    free(marks);
    return 0;
}

/* A shard in which the command wanted no more has nothing behind that: all of them together have
 * enough by then. */
static int end_at_enough(struct question_parts *parts, unsigned i, uint64_t rows_before,
                         struct timeline_scan_result *result, struct ebb_error *error)
{
    if (!json_is_true(found(parts, i, "ended"))) {
        return 0;
    }
    result->ended = true;
    return result->rows > rows_before ? 1 : part_refuse(&parts->set->parts[i], error);
}

static int take_share(struct question_parts *parts, unsigned i, struct telling *telling,
                      struct ebb_error *error)
{
    const struct timeline_scan *wanted = telling->wanted;
    uint64_t before = telling->result->rows, count;
    int status;

    if (wanted->coverage && add_marks(parts, i, wanted->coverage, error) < 0) {
        return -1;
    }
    if (parts->shares[i].end <= wanted->from || parts->shares[i].begin > telling->last) {
        return 0;
    }
    status = tell_share(parts, i, telling, false, error);
    if (status == 0) {
        status = end_at_enough(parts, i, before, telling->result, error);
    }
    if (status == 0 && wanted->count && json_read_number(found(parts, i, "count"), &count) == 0) {
        telling->result->rows += count;
    }
    return status ? status : end_at_problem(parts, i, telling->result);
}

static struct telling telling_of(const struct timeline *timeline,
                                 const struct timeline_scan *wanted,
                                 struct timeline_scan_result *result)
{
    uint64_t to = wanted->to;

    *result = (struct timeline_scan_result){.reason = TIMELINE_STOP_STEP, .until = wanted->from};
    return (struct telling){
        .wanted = wanted,
        .result = result,
        .last = to == timeline_end(timeline) ? to : to - 1,
    };
}

int question_parts_scan(struct question_parts *parts, struct timeline *timeline,
                        const struct timeline_scan *wanted, struct timeline_scan_result *result,
                        struct ebb_error *error)
{
    struct telling telling = telling_of(timeline, wanted, result);
    int status = 0;

    for (unsigned i = 0; i < parts->set->count && status == 0; i++) {
        if (parts->set->parts[i].intervals.count) {
            status = take_share(parts, i, &telling, error);
        }
    }
    if (status == 0) {
        result->until = wanted->to;
    }
    return status < 0 ? -1 : 0;
}

int question_parts_follow(struct question_parts *parts, struct timeline *timeline,
                          const struct timeline_scan *wanted, struct timeline_scan_result *result,
                          struct ebb_error *error)
{
    struct telling telling = telling_of(timeline, wanted, result);
    int status = 0;

    for (unsigned i = 0; i < parts->set->count && status == 0; i++) {
        status = tell_share(parts, i, &telling, true, error);
    }
    return status < 0 ? -1 : 0;
}

/* What gdb has said. */

json_t *question_parts_answer(struct question_parts *parts, uint64_t position,
                              struct ebb_error *error)
{
    unsigned i = 0;
    size_t low = 0, high;
    json_t *answers;
    uint64_t here;

    while (i + 1 < parts->set->count &&
           (!parts->set->parts[i].intervals.count || parts->shares[i].end <= position)) {
        i++;
    }
    answers = found(parts, i, "answers");
    high = json_array_size(answers);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        json_read_number(json_array_get(json_array_get(answers, middle), 0), &here);
        if (here <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        part_refuse(&parts->set->parts[i], error);
        return NULL;
    }
    return json_array_get(json_array_get(answers, low - 1), 1);
}

json_t *question_parts_fact(struct question_parts *parts, const char *name, struct ebb_error *error)
{
    json_t *fact = NULL;

    for (unsigned i = 0; i < parts->set->count; i++) {
        json_t *here = json_object_get(found(parts, i, "facts"), name);

        if (parts->set->parts[i].intervals.count && (!here || (fact && !json_equal(fact, here)))) {
            part_refuse(&parts->set->parts[i], error);
            return NULL;
        }
        fact = here ? here : fact;
    }
    return fact;
}
