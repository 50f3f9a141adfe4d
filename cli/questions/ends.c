/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb first and ebb last: the ends of what ebb accesses prints, and of executions. */
#include "access_rows.h"
#include "questions.h"

#include <inttypes.h>

enum { ENDS_READ = QUESTION_OWN, ENDS_PHYSICAL, ENDS_EXECUTE };

/* clang-format off: a table */
#define ENDS_OPTIONS                                                                               \
    QUESTION_OPTIONS, [ENDS_READ] = {"read", 'r', NULL, "Looks for a read, not a write."},         \
                      [ENDS_PHYSICAL] = {"physical", 'p', NULL, "The address is a physical one."}, \
                      [ENDS_EXECUTE] = {"execute", 'x', NULL,                                      \
                                        "Looks for the execution of the instruction there."},      \
    {                                                                                              \
        0                                                                                          \
    }
/* clang-format on */

static const struct option_spec options[] = {ENDS_OPTIONS};

static int watch(struct question *question, struct ebb_error *error)
{
    const char *const *values = question->arguments->values;
    uint64_t address, length;

    if (!values[ENDS_EXECUTE]) {
        return access_row_watch(question, question_operand(question),
                                access_row_kind(values[ENDS_READ],
                                                values[ENDS_READ] ? NULL : "write",
                                                values[ENDS_PHYSICAL]),
                                error);
    }
    if (values[ENDS_READ] || values[ENDS_PHYSICAL]) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--execute does not go with --read or --physical");
    }
    if (question_place(question, question_operand(question), &address, &length, error) < 0) {
        return -1;
    }
    /* Bit 0 of a Thumb function's symbol is not a part of the address. */
    return timeline_add_breakpoint(question->timeline, TIMELINE_BREAK_EXECUTE,
                                   address & ~(uint64_t)1, 0, error);
}

static int open_question(struct question *question, const struct arguments *arguments,
                         struct ebb_error *error)
{
    *question = (struct question){
        .scan = {.data = true},
        .print = access_row_print,
        .describe = access_row_describe,
    };
    return question_open(question, arguments, error) < 0 ? -1 : watch(question, error);
}

/* Rows of one position are what the command prints. */
static int print_position(struct question *question, uint64_t position, struct ebb_error *error)
{
    question->scan.from = position;
    question->scan.to = position + 1 > timeline_end(question->timeline)
                            ? timeline_end(question->timeline)
                            : position + 1;
    if (question->scan.from == question->scan.to) {
        question->scan.from--; /* what was written on reaching the end */
    }
    question->limit = 0; /* all of them */
    return question_ask(question, error);
}

static int check_stop(const struct timeline_stop *stop, struct ebb_error *error)
{
    switch (stop->reason) {
    case TIMELINE_STOP_INTERRUPTED:
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    case TIMELINE_STOP_DAMAGED:
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s; what is before cannot be searched",
                        stop->report ? stop->report : "the recording is damaged");
    case TIMELINE_STOP_DIVERGED:
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "replay and log disagree after position %" PRIu64, stop->position);
    default:
        return 0;
    }
}

static int say_nothing_found(struct question *question)
{
    progress_clear(&question->progress);
    if (question->json) {
        printf("[\n]\n");
    } else {
        fprintf(stderr, "ebb: there is none from position %" PRIu64 " to %" PRIu64 "\n",
                question->scan.from, question->scan.to);
    }
    return 0;
}

static int find_last(struct question *question, struct ebb_error *error)
{
    struct timeline *timeline = question->timeline;
    struct timeline_stop stop;

    if (timeline_seek(timeline, question->scan.to, &stop, error) < 0 ||
        check_stop(&stop, error) < 0 ||
        timeline_run_backward(timeline, question->scan.from, &stop, error) < 0 ||
        check_stop(&stop, error) < 0) {
        return -1;
    }
    if (stop.reason != TIMELINE_STOP_WATCHPOINT && stop.reason != TIMELINE_STOP_BREAKPOINT) {
        return say_nothing_found(question);
    }
    return print_position(question, stop.position - (stop.inside ? 1 : 0), error);
}

static int run_last(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question;
    int status = open_question(&question, arguments, error);

    if (status == 0) {
        status = find_last(&question, error);
    }
    question_close(&question);
    return status;
}

static int run_first(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question;
    int status = open_question(&question, arguments, error);

    if (status == 0) {
        question.limit = question.limit ? question.limit : 1;
        question.quiet = true;
        status = question_ask(&question, error);
    }
    question_close(&question);
    return status;
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
    .options = options,
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
    .options = options,
    .run = run_first,
};
