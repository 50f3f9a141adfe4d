/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb print: a printf that was not there when the guest ran. */
#include "evaluator.h"
#include "question.h"
#include "question_gdb.h"
#include "question_parts.h"
#include "question_shard.h"
#include "questions.h"

#include "cli/gdb_session.h"
#include "cli/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EXPRESSIONS_MAX 16
#define LOCATIONS_MAX 1024u /* of one LOCATION; an inlined function has many */

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct print {
    struct question question;
    struct arguments arguments; /* without format and expressions */
    const char *format;
    char *const *expressions;
    int expression_count;
    struct hit {
        uint64_t position, pc;
    } * hits;
    size_t count, capacity;
    bool failed;
    struct ebb_error *error;
};

static int break_at(struct print *print, json_t *addresses, struct ebb_error *error)
{
    json_t *address;
    size_t i;

    if (json_array_size(addresses) == 0 || json_array_size(addresses) > LOCATIONS_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no code at \"%.60s\"",
                        question_operand(&print->question));
    }
    json_array_foreach(addresses, i, address)
    {
        uint64_t number;

        if (json_read_number(address, &number) < 0) {
            return ebb_fail(error, EBB_ERROR_UNSUPPORTED, "gdb's answer has no addresses");
        }
        if (timeline_add_breakpoint(print->question.timeline, TIMELINE_BREAK_EXECUTE, number, 0,
                                    error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int break_at_address(struct question *question, const char *text, struct ebb_error *error)
{
    uint64_t address;

    return question_code(question, text, &address, error) < 0
               ? -1
               : timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE, address, 0,
                                         error);
}

/* A number is an address; what else there may be, functions and lines, gdb knows. */
static int find_place(struct print *print, struct ebb_error *error)
{
    struct question *question = &print->question;
    const char *location = question_operand(question);
    struct gdb_session *session;
    json_t *reply;
    int status;

    if (question->parts) {
        return 0; /* it was found in the shards */
    }
    if (isdigit((unsigned char)location[0])) {
        return break_at_address(question, location, error);
    }
    session = question_gdb_start(question, "questions.py", NULL, -1, error);
    reply = session ? gdb_session_ask(session,
                                      json_pack("{s:s, s:s}", "do", "locate", "location", location),
                                      error)
                    : NULL;
    status = reply ? break_at(print, json_object_get(reply, "addresses"), error) : -1;
    json_decref(reply);
    gdb_session_end(session);
    return status;
}

static int note(void *opaque, const struct timeline_row *row)
{
    struct print *print = opaque;
    bool enough;

    if (!question_takes(&print->question, row, &enough)) {
        return enough;
    }
    if (print->count == print->capacity) {
        size_t capacity = 2 * print->capacity + 256;
        struct hit *hits = realloc(print->hits, capacity * sizeof(*hits));

        if (!hits) {
            print->failed = true;
            return ebb_fail_memory(print->error);
        }
        print->hits = hits;
        print->capacity = capacity;
    }
    print->hits[print->count++] = (struct hit){row->position, row->pc};
    return 0;
}

static int print_text(struct print *print, size_t i, const json_t *text, struct ebb_error *error)
{
    struct question *question = &print->question;
    size_t length = json_string_length(text);
    const char *bytes = json_is_string(text) ? json_string_value(text) : "";
    char *printable;

    length -= length > 0 && bytes[length - 1] == '\n';
    if (question->json) {
        return json_list_add(
            &question->list,
            json_pack("{s:o, s:o, s:o}", "position", json_unsigned(print->hits[i].position), "pc",
                      json_hexadecimal(print->hits[i].pc), "text", json_printable(bytes, length)),
            error);
    }
    printable = text_printable(bytes, length);
    if (!printable) {
        return ebb_fail_memory(error);
    }
    printf("%15" PRIu64 " %s\n", print->hits[i].position, printable);
    free(printable);
    return 0;
}

static json_t *request_for(const struct print *print, size_t i)
{
    json_t *expressions = json_array();

    for (int k = 0; k < print->expression_count; k++) {
        json_array_append_new(expressions, json_string(print->expressions[k]));
    }
    return json_pack("{s:s, s:I, s:s, s:o}", "do", "print", "position",
                     (json_int_t)print->hits[i].position, "format", print->format, "expressions",
                     expressions);
}

/* What gdb prints; without a gdb, what it has printed in the shards. */
static json_t *text_of(struct print *print, size_t i, struct evaluator *evaluator,
                       struct ebb_error *error)
{
    struct question *question = &print->question;
    json_t *reply, *text;

    if (!evaluator) {
        return json_incref(question_parts_answer(question->parts, print->hits[i].position, error));
    }
    reply = evaluator_ask(evaluator, request_for(print, i), error);
    text = reply ? json_object_get(reply, "text") : NULL;
    text = reply && !text ? json_null() : json_incref(text);
    json_decref(reply);
    if (text && question->shard &&
        question_shard_answer(question->shard, print->hits[i].position, text, error) < 0) {
        json_decref(text);
        return NULL;
    }
    return text;
}

static int evaluate(struct print *print, struct evaluator *evaluator, struct ebb_error *error)
{
    for (size_t i = 0; i < print->count && !ferror(stdout); i++) {
        json_t *text = text_of(print, i, evaluator, error);
        int status = text ? print_text(print, i, text, error) : -1;

        json_decref(text);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int print_all(struct print *print, struct ebb_error *error)
{
    struct question *question = &print->question;
    struct evaluator evaluator;
    int status = -1;

    if (print->count == 0) {
        return 0;
    }
    if (question->parts) {
        return evaluate(print, NULL, error);
    }
    question->progress.on_terminal = false; /* moves are the server's from here on */
    timeline_clear_breakpoints(question->timeline);
    if (evaluator_open(&evaluator, question, "questions.py", error) == 0) {
        status = evaluate(print, &evaluator, error);
    }
    evaluator_close(&evaluator);
    return status;
}

static int ask(struct print *print, struct ebb_error *error)
{
    struct question *question = &print->question;
    struct timeline_scan_result result = {0};
    struct ebb_error later = {0};
    int status;

    print->error = error;
    question->scan.row = note;
    question->scan.opaque = print;
    status = question_scan(question, &result, error);
    if (print->failed || (status < 0 && error->kind == EBB_ERROR_INTERRUPTED)) {
        return -1;
    }
    if (print_all(print, status < 0 ? &later : error) < 0) {
        return -1;
    }
    if (status == 0 && result.ended) {
        question_tell_more(question, question->last + 1);
    }
    return status;
}

static int answer(struct print *print, struct ebb_error *error)
{
    struct question *question = &print->question;
    int status;

    if ((!question->parts && question_gdb_check(question, error) < 0) ||
        find_place(print, error) < 0) {
        return -1;
    }
    question_begin_rows(question);
    status = ask(print, error);
    question_end_rows(question);
    return status;
}

/* All that gdb is to be given. */
static int check_texts(const struct print *print, const char *location, struct ebb_error *error)
{
    int status = gdb_session_check_text("LOCATION", location, error) < 0
                     ? -1
                     : gdb_session_check_text("FORMAT", print->format, error);

    for (int i = 0; i < print->expression_count && status == 0; i++) {
        char what[32];

        snprintf(what, sizeof(what), "EXPRESSION %d", i + 1);
        status = gdb_session_check_text(what, print->expressions[i], error);
    }
    return status;
}

/* The first operand is a recording if it is a folder. */
static int split(struct print *print, const struct arguments *arguments, struct ebb_error *error)
{
    struct stat status;
    int first = arguments->operand_count > 1 && stat(arguments->operands[0], &status) == 0 &&
                        S_ISDIR(status.st_mode)
                    ? 1
                    : 0;

    if (arguments->operand_count < first + 2) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "say where and in what form; --help has an example");
    }
    print->arguments = *arguments;
    print->question.operands_behind = arguments->operand_count - first - 1;
    print->arguments.operand_count = first + 1;
    print->format = arguments->operands[first + 1];
    print->expressions = arguments->operands + first + 2;
    print->expression_count = arguments->operand_count - first - 2;
    return check_texts(print, arguments->operands[first], error);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct print *print = calloc(1, sizeof(*print));
    int status;

    if (!print) {
        return ebb_fail_memory(error);
    }
    if (split(print, arguments, error) < 0) {
        free(print);
        return -1;
    }
    status = question_open(&print->question, &print->arguments, error);
    if (status == 0) {
        status = answer(print, error);
    }
    status = question_end(&print->question, status, error);
    free(print->hits);
    free(print);
    return status;
}

const struct command command_print = {
    .name = "print",
    .summary = "prints expressions each time some code is executed",
    .operands = "[RECORDING] LOCATION FORMAT [EXPRESSION...]",
    .operands_max = 3 + EXPRESSIONS_MAX,
    .description =
        "A printf that was not there when the guest ran. Replays the recording once, on several "
        "workers, to find where LOCATION is executed; then gdb goes to each of these positions and "
        "prints EXPRESSIONs as its command printf does by FORMAT. LOCATION is what gdb's break "
        "takes, a function (behind its prologue) or FILE:LINE, or it is an address, a number with "
        "+N or -N behind it.\n\n"
        "Each line costs a seek and what gdb does there, some milliseconds: --from, --to and "
        "--limit make them fewer. A folder that is named first is the recording.",
    .examples = "ebb print ebb-recording-3 --limit 20 jobs.c:62 'round %u, job %s\\n' round "
                "job->name\n",
    .options = options,
    .run = run,
};
