/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb first and ebb last: the ends of what ebb accesses prints, and of executions. */
#include "access_rows.h"
#include "questions.h"

#include "cli/early_stop.h"

#include <inttypes.h>

enum { ENDS_READ = QUESTION_OWN_WITHOUT_LIMIT, ENDS_PHYSICAL, ENDS_EXECUTE };

/* clang-format off */
#define ENDS_OWN_OPTIONS                                                                           \
    [ENDS_READ] = {"read", 'r', NULL, "Looks for a read, not a write."},                           \
    [ENDS_PHYSICAL] = {"physical", 'p', NULL, "The address is a physical one."},                   \
    [ENDS_EXECUTE] = {"execute", 'x', NULL, "Looks for the execution of the instruction there."},  \
    {0}
/* clang-format on */

static const struct option_spec options_of_first[] = {
    QUESTION_OPTIONS_WITHOUT_LIMIT,
    ENDS_OWN_OPTIONS,
};

static const struct option_spec options_of_last[] = {
    QUESTION_OPTIONS_BACK("Searches back from this position."),
    ENDS_OWN_OPTIONS,
};

#define LEAVE_OUT "--from and --to can leave that out"

struct ends {
    bool found;
    uint64_t position; /* of the row */
};

static int watch_execution(struct question *question, struct ebb_error *error)
{
    uint64_t address, length = 0;

    if (question->arguments->values[ENDS_READ] || question->arguments->values[ENDS_PHYSICAL]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--execute does not go with --read or --physical");
    }
    if (question_place(question, question_operand(question), &address, &length, error) < 0) {
        return -1;
    }
    if (length) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--execute takes an address without a length");
    }
    /* Bit 0 of a Thumb function's symbol is not a part of the address. */
    return timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE,
                                   address & ~(uint64_t)1, 0, error);
}

static int watch(struct question *question, struct ebb_error *error)
{
    const char *const *values = question->arguments->values;

    return values[ENDS_EXECUTE]
               ? watch_execution(question, error)
               : access_row_watch(question, question_operand(question),
                                  access_row_kind(values[ENDS_READ],
                                                  values[ENDS_READ] ? NULL : "write",
                                                  values[ENDS_PHYSICAL]),
                                  error);
}

static int find_last(struct question *question, struct ends *ends, struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;
    struct timeline_stop stop;

    if (question_seek(question, question->scan.to, LEAVE_OUT, error) < 0 ||
        timeline_run_backward(timeline, question->scan.from, &stop, error) < 0 ||
        early_stop_fail(&stop, LEAVE_OUT, stderr, error) < 0) {
        return -1;
    }
    ends->found =
        stop.reason == TIMELINE_STOP_WATCHPOINT || stop.reason == TIMELINE_STOP_BREAKPOINT;
    ends->position = stop.position - (stop.inside ? 1 : 0);
    return 0;
}

static int note_first(void *opaque, const struct timeline_row *row)
{
    *(struct ends *)opaque = (struct ends){.found = true, .position = row->position};
    return 1;
}

static int find_first(struct question *question, struct ends *ends, struct ebb_error *error)
{
    struct timeline_scan_result result;

    question->scan.row = note_first;
    question->scan.opaque = ends;
    return question_scan(question, &result, error) < 0 && !ends->found ? -1 : 0;
}

static bool is_there(struct question *question, const struct timeline_row *row)
{
    return row->position == ((const struct ends *)question->opaque)->position;
}

/* All rows of the position. */
static int print_found(struct question *question, struct ebb_error *error)
{
    const struct ends *ends = question->opaque;
    uint64_t end = timeline_end(question->timeline);

    question->scan.from = ends->position < end ? ends->position : end - 1;
    question->scan.to = question->scan.from + 1;
    question->wants = is_there;
    return question_ask(question, error);
}

static int say_nothing_found(struct question *question)
{
    progress_clear(&question->progress);
    question_begin_rows(question);
    question_end_rows(question);
    if (!question->json) {
        fprintf(stderr, "ebb: there is none from position %" PRIu64 " to %" PRIu64 "\n",
                question->scan.from, question->scan.to);
    }
    return 0;
}

static int run(const struct arguments *arguments,
               int (*find)(struct question *question, struct ends *ends, struct ebb_error *error),
               struct ebb_error *error)
{
    struct ends ends = {0};
    struct question question = {
        .scan = {.data = true},
        .print = access_row_print,
        .describe = access_row_describe,
        .opaque = &ends,
        .without_limit = true,
    };
    int status = -1;

    if (question_open(&question, arguments, error) == 0 && watch(&question, error) == 0 &&
        find(&question, &ends, error) == 0) {
        status = ends.found ? print_found(&question, error) : say_nothing_found(&question);
    }
    question_close(&question);
    return status;
}

static int run_last(const struct arguments *arguments, struct ebb_error *error)
{
    return run(arguments, find_last, error);
}

static int run_first(const struct arguments *arguments, struct ebb_error *error)
{
    return run(arguments, find_first, error);
}

#define ENDS_ABOUT                                                                                 \
    "ADDRESS is a number or a symbol, with +N or -N behind it; LENGTH is in bytes, 4 by default. " \
    "Writes by devices count, and those of the value that was there already. If the instruction "  \
    "makes several such accesses, all are printed. If there is none, that is told on standard "    \
    "error, and the exit status is 0."

const struct command command_last = {
    .name = "last",
    .summary = "tells who wrote memory last",
    .operands = "[RECORDING] ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description = "Searches the recording from its end, or --to, back to the last write to the "
                   "memory, and prints it as ebb accesses does: position, who, which bytes, the "
                   "values before and after, the code.\n\n" ENDS_ABOUT,
    .examples = "ebb last ebb-recording-3 total\n"
                "# the last call of a function before a position\n"
                "ebb last ebb-recording-3 --execute panic --to 1_000_000\n",
    .options = options_of_last,
    .run = run_last,
};

const struct command command_first = {
    .name = "first",
    .summary = "tells who wrote memory first",
    .operands = "[RECORDING] ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description = "Replays the recording from its beginning, or --from, up to the first write to "
                   "the memory, and prints it as ebb accesses does: position, who, which bytes, "
                   "the values before and after, the code.\n\n" ENDS_ABOUT,
    .examples = "ebb first ebb-recording-3 total\n"
                "ebb first ebb-recording-3 --execute start_kernel\n",
    .options = options_of_first,
    .run = run_first,
};
