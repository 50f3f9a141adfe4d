/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb history: the values that an expression had, and when. */
#include "access_rows.h"
#include "changes.h"
#include "evaluator.h"
#include "question_parts.h"
#include "question_shard.h"
#include "questions.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 500u       /* values that gdb is asked for at once */
#define BATCH_OF_GDB 50u /* changes that it is to find */
#define MEMORY_MAX 4096u /* bytes whose contents are kept for each change */
/* Changes that are kept before gdb is asked what they are worth: some MiB. */
#define CHANGES_MAX 100000u

struct history {
    struct question question;
    const char *expression;
    bool plain;     /* the expression is the memory that is watched, no more */
    json_t *memory; /* what the expression depends on, as gdb says */
    struct changes changes;
    size_t changes_most; /* of one scan; what is not known yet is another one's, */
    uint64_t behind;     /* which begins here, with what memory holds then */
    struct evaluator evaluator;
    struct ebb_error *error;
    bool failed;
    /* The value to be printed when it is known how long it held. */
    char *value;
    struct change since;
    uint64_t printed;
};

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

/* Before each scan: a gdb that was asked in between has taken its breakpoints with it. */
static int watch(struct history *history, struct ebb_error *error)
{
    uint64_t address, size;
    json_t *part;
    size_t i;

    timeline_clear_breakpoints(history->question.timeline);
    json_array_foreach(history->memory, i, part)
    {
        if (gdb_session_memory(part, &address, &size) < 0) {
            return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                            "gdb does not say what memory the expression depends on");
        }
        if (timeline_add_breakpoint(history->question.timeline, TIMELINE_WATCH_WRITE, address, size,
                                    error) < 0) {
            return -1;
        }
        history->changes.address = address;
        history->changes.size =
            history->plain && json_array_size(history->memory) == 1 && size <= MEMORY_MAX ? size
                                                                                          : 0;
    }
    return 0;
}

static int open_evaluator(struct history *history, struct ebb_error *error)
{
    return evaluator_open(&history->evaluator, &history->question, "bisect.py", error);
}

/* What gdb says of the memory that the expression depends on, or has said in the shards. */
static json_t *ask_memory(struct history *history, struct ebb_error *error)
{
    struct question *question = &history->question;
    json_t *reply = NULL;

    if (question->parts) {
        return json_incref(question_parts_fact(question->parts, "memory", error));
    }
    if (open_evaluator(history, error) == 0) {
        reply = evaluator_ask(
            &history->evaluator,
            json_pack("{s:s, s:s}", "do", "memory", "expression", history->expression), error);
    }
    evaluator_close(&history->evaluator);
    if (reply && question->shard &&
        question_shard_fact(question->shard, "memory", reply, error) < 0) {
        json_decref(reply);
        return NULL;
    }
    return reply;
}

/* Finds what the expression depends on. Returns 1 if that is not known beforehand. */
static int prepare(struct history *history, struct ebb_error *error)
{
    json_t *reply = ask_memory(history, error);

    if (!reply) {
        return -1;
    }
    history->memory = json_incref(json_object_get(reply, "memory"));
    history->plain = json_is_true(json_object_get(reply, "plain"));
    json_decref(reply);
    return json_array_size(history->memory) == 0;
}

static int begin(struct history *history, struct ebb_error *error)
{
    struct timeline *timeline = history->question.timeline;
    struct changes *changes = &history->changes;
    uint8_t bytes[MEMORY_MAX];
    long count = 0;

    /* Joined shards know all values, and replay nothing. */
    if (history->question.parts) {
        return changes_begin(changes, history->question.scan.from, NULL, error);
    }
    if (question_seek(&history->question, history->question.scan.from, NULL, error) < 0 ||
        (changes->size && (count = timeline_read_memory(timeline, changes->address, bytes,
                                                        changes->size, error)) < 0)) {
        return -1;
    }
    return changes_begin(changes, history->question.scan.from,
                         changes->size && (size_t)count == changes->size ? bytes : NULL, error);
}

static int note(void *opaque, const struct timeline_row *row)
{
    struct history *history = opaque;

    if (changes_add(&history->changes, row, access_row_who(row), history->error) < 0) {
        history->failed = true;
    }
    history->behind = row->position + 1;
    return history->failed || history->changes.count >= history->changes_most;
}

static bool is_enough(const struct history *history)
{
    return history->question.limit && history->printed >= history->question.limit;
}

/* Values. */

static int print_since(struct history *history, uint64_t to, struct ebb_error *error)
{
    struct question *question = &history->question;
    const struct change *since = &history->since;
    const char *where = locations_find(&question->locations, since->pc);
    json_t *object;

    if (!where) {
        return ebb_fail_memory(error);
    }
    progress_clear(&question->progress);
    history->printed++;
    if (!question->json) {
        printf("%15" PRIu64 " to %-15" PRIu64 " %s", since->position, to, history->value);
        if (since->who[0]) {
            printf("  by %s at 0x%" PRIx64 "%s%s", since->who, since->pc, *where ? " " : "", where);
        }
        printf("\n");
        return 0;
    }
    object = json_pack("{s:o, s:o, s:s}", "from", json_unsigned(since->position), "to",
                       json_unsigned(to), "value", history->value);
    if (since->who[0]) {
        json_object_set_new(object, "by", json_string(since->who));
        json_object_set_new(object, "pc", json_hexadecimal(since->pc));
        locations_set(&question->locations, object, since->pc);
    }
    return json_list_add(&question->list, object, error);
}

/* A value; the one before, if it was another one, held up to here. */
static int note_value(struct history *history, const struct change *change, const json_t *text,
                      struct ebb_error *error)
{
    const char *bytes = json_is_string(text) ? json_string_value(text) : "<no value>";
    char *value = text_printable(bytes, strlen(bytes));

    if (!value) {
        return ebb_fail_memory(error);
    }
    if (is_enough(history) || (history->value && strcmp(history->value, value) == 0)) {
        free(value);
        return 0;
    }
    /* One scan may begin where the last one has ended. */
    if (history->value && change->position > history->since.position &&
        print_since(history, change->position - 1, error) < 0) {
        free(value);
        return -1;
    }
    free(history->value);
    history->value = value;
    history->since = *change;
    return 0;
}

static json_t *make_request(const struct history *history, size_t first, size_t count)
{
    const struct changes *changes = &history->changes;
    json_t *list = json_array();

    for (size_t i = first; i < first + count; i++) {
        const struct change *change = &changes->list[i];
        char *hex = changes->whole
                        ? text_hex(changes->bytes + change->bytes_at, changes->size, changes->size)
                        : NULL;

        json_array_append_new(list, hex ? json_string(hex) : json_unsigned(change->position));
        free(hex);
    }
    return json_pack("{s:s, s:s, s:o}", "do", changes->whole ? "formats" : "values", "expression",
                     history->expression, changes->whole ? "bytes" : "positions", list);
}

/* What gdb says the values are, in an array; NULL: error. */
static json_t *ask_values(struct history *history, size_t first, size_t count,
                          struct ebb_error *error)
{
    json_t *reply = evaluator_ask(&history->evaluator, make_request(history, first, count), error),
           *values = json_incref(json_object_get(reply, "values"));

    if (reply && json_array_size(values) != count) {
        json_decref(values);
        values = NULL;
        ebb_fail(error, EBB_ERROR_UNSUPPORTED, "gdb does not say what the values are");
    }
    json_decref(reply);
    return values;
}

/* The same of what it has said in the shards. */
static json_t *collect_values(struct history *history, size_t first, size_t count,
                              struct ebb_error *error)
{
    json_t *values = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *value = question_parts_answer(history->question.parts,
                                              history->changes.list[first + i].position, error);

        if (!value) {
            json_decref(values);
            return NULL;
        }
        json_array_append(values, value);
    }
    return values;
}

static int print_batch(struct history *history, size_t first, size_t count, struct ebb_error *error)
{
    struct question *question = &history->question;
    json_t *values = question->parts ? collect_values(history, first, count, error)
                                     : ask_values(history, first, count, error);
    int status = values ? 0 : -1;

    for (size_t i = 0; i < count && status == 0 && !ferror(stdout); i++) {
        const struct change *change = &history->changes.list[first + i];
        json_t *value = json_array_get(values, i);

        if (question->shard) {
            status = question_shard_answer(question->shard, change->position, value, error);
        }
        if (status == 0) {
            status = note_value(history, change, value, error);
        }
    }
    json_decref(values);
    return status;
}

/* Of the last value there are it is known how long it held, unless there were enough. */
static int end_values(struct history *history, uint64_t until, struct ebb_error *error)
{
    if (!history->value || ferror(stdout)) {
        return 0;
    }
    if (!is_enough(history)) {
        /* Not where the scan came to an end before what was asked for begins. */
        return until < history->since.position ? 0 : print_since(history, until, error);
    }
    question_tell_more(&history->question, history->since.position);
    return 0;
}

static int print_values(struct history *history, struct ebb_error *error)
{
    const struct changes *changes = &history->changes;
    int status = history->question.parts ? 0 : open_evaluator(history, error);

    for (size_t i = 0; i < changes->count && status == 0 && !is_enough(history) && !ferror(stdout);
         i += BATCH) {
        size_t left = changes->count - i;

        status = print_batch(history, i, left < BATCH ? left : BATCH, error);
    }
    evaluator_close(&history->evaluator);
    return status;
}

/* What gdb has found from change to change; *last is the last one's position. */
static int note_changes(struct history *history, const json_t *list, uint64_t *last,
                        struct ebb_error *error)
{
    json_t *pair;
    size_t i;

    json_array_foreach(list, i, pair)
    {
        const struct change change = {
            .position = (uint64_t)json_integer_value(json_array_get(pair, 0)), .who = ""};

        if (note_value(history, &change, json_array_get(pair, 1), error) < 0) {
            return -1;
        }
        *last = change.position;
    }
    return 0;
}

/* Lets gdb find the next changes: *count of them, the one at *from included. */
static int find_changes(struct history *history, uint64_t *from, size_t *count,
                        struct ebb_error *error)
{
    json_t *request = json_pack("{s:s, s:s, s:o, s:o, s:i}", "do", "changes", "expression",
                                history->expression, "from", json_unsigned(*from), "to",
                                json_unsigned(history->question.scan.to), "most", BATCH_OF_GDB);
    json_t *reply = evaluator_ask(&history->evaluator, request, error), *list;
    const char *ended;
    int status;

    if (!reply) {
        return -1;
    }
    list = json_object_get(reply, "changes");
    ended = json_string_value(json_object_get(reply, "ended"));
    *count = json_array_size(list);
    status = note_changes(history, list, from, error);
    if (status == 0 && ended) {
        status = ebb_fail(error, EBB_ERROR_CORRUPT, "%s; values end there", ended);
    }
    json_decref(reply);
    return status;
}

/* Lets gdb go from change to change. */
static int answer_with_gdb(struct history *history, struct ebb_error *error)
{
    uint64_t from = history->question.scan.from;
    size_t count = BATCH_OF_GDB + 1;
    int status;

    if (history->question.shard || history->question.parts) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "gdb does not know beforehand what memory \"%.60s\" depends on, and goes "
                        "from change to change, for which there are no shards; ask without --shard",
                        history->expression);
    }
    status = open_evaluator(history, error);
    while (status == 0 && count > BATCH_OF_GDB && !is_enough(history) && !ferror(stdout)) {
        status = find_changes(history, &from, &count, error);
    }
    evaluator_close(&history->evaluator);
    return status < 0 ? -1 : end_values(history, history->question.scan.to, error);
}

/* One scan: all changes from scan.from on, or as many as are kept. Returns what scanning came to;
 * *failed: there is no more to be printed. */
static int answer_part(struct history *history, struct timeline_scan_result *result, bool *failed,
                       struct ebb_error *error)
{
    struct ebb_error early = {0};
    int scanned;

    *failed = true;
    changes_clear(&history->changes);
    if (watch(history, error) < 0 || begin(history, error) < 0) {
        return -1;
    }
    scanned = question_scan(&history->question, result, &early);
    if (history->failed || print_values(history, error) < 0) {
        return -1;
    }
    *failed = false;
    if (scanned < 0) {
        *error = early;
    }
    return scanned;
}

static int answer(struct history *history, struct ebb_error *error)
{
    struct question *question = &history->question;
    struct timeline_scan_result result = {0};
    struct ebb_error ignored;
    bool failed, more;
    int status;

    if (!question_begin_at_shard(question)) {
        return 0;
    }
    question->scan.row = note;
    question->scan.opaque = history;
    history->error = error;
    /* More than are wanted, since not each changes the value. */
    history->changes_most = question->limit && question->limit < CHANGES_MAX / 100
                                ? (size_t)question->limit * 100
                                : CHANGES_MAX;
    do {
        status = answer_part(history, &result, &failed, error);
        more = status == 0 && result.ended && !is_enough(history) && !ferror(stdout);
        question->scan.from = history->behind;
    } while (more && question->scan.from < question->scan.to);
    if (!failed && end_values(history, result.until, status == 0 ? error : &ignored) < 0) {
        return -1;
    }
    return status;
}

static int ask(struct history *history, struct ebb_error *error)
{
    int prepared;

    history->expression = question_operand(&history->question);
    if (gdb_session_check_text("the expression", history->expression, error) < 0) {
        return -1;
    }
    prepared = prepare(history, error);
    return prepared < 0    ? -1
           : prepared == 0 ? answer(history, error)
                           : answer_with_gdb(history, error);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct history history = {.question = {.scan = {.data = true}}, .evaluator = {.signals = -1}};
    int status = -1;

    if (question_open(&history.question, arguments, error) == 0) {
        question_begin_rows(&history.question);
        status = ask(&history, error);
        question_end_rows(&history.question);
    }
    changes_free(&history.changes);
    json_decref(history.memory);
    free(history.value);
    return question_end(&history.question, status, error);
}

const struct command command_history = {
    .name = "history",
    .summary = "prints the values that an expression had, and when",
    .operands = "[RECORDING] EXPRESSION",
    .operands_max = 2,
    .description =
        "Replays the recording once, on several workers, watches the memory that the expression "
        "depends on, and prints each value with the positions of the range in which it held, and "
        "who made it so. The expression is one of gdb's: total, state.name, table[3], "
        "*(int *)0x40001000. gdb prints the values; it has to be installed.\n\n"
        "Where it is in memory may depend on other memory, as head->next->count does. gdb then "
        "goes from change to change by its own watchpoints, which takes longer, and who made them "
        "is not told. Of a pointer to characters it is the pointer that is watched, not the "
        "string. --limit counts values.",
    .examples = "ebb history ebb-recording-3 system_state\n"
                "ebb history ebb-recording-3 'table[3].count' --limit 100 --json\n",
    .options = options,
    .run = run,
};
