/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb calls: all calls of a function, from their beginning to their end. */
#include "call_list.h"
#include "call_print.h"
#include "functions.h"
#include "question.h"
#include "questions.h"
#include "signatures.h"

#include <inttypes.h>
#include <stdlib.h>

#define ARGUMENT_REGISTERS 0xffu /* those of AArch64; of r0 to r7 ARM has four */
/* Of a scan that has found as many calls as wanted, and goes on until these are over: so many more
 * are passed by. A guess. */
#define PASSED_BY 1000u

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct calls {
    struct question question;
    struct functions functions;
    struct call_list list;
    struct call_print print;
    uint64_t made, last_position, passed_by;
    size_t later; /* calls whose end is looked for in another scan than the present one */
    struct ebb_error *error;
    bool failed;
};

static int print_complete(struct calls *calls)
{
    const struct call *call;

    while ((call = call_list_take(&calls->list))) {
        if (call_print_add(&calls->print, call, calls->error) < 0) {
            calls->failed = true;
            return -1;
        }
    }
    return ferror(stdout);
}

static bool has_enough(const struct calls *calls)
{
    return calls->question.limit && calls->made >= calls->question.limit;
}

static int add(struct calls *calls, const struct timeline_row *row)
{
    if (call_list_add(&calls->list, row, calls->error) < 0) {
        calls->failed = true;
        return -1;
    }
    calls->made++;
    calls->last_position = row->position;
    return 0;
}

/* A row of the scan that finds calls. */
static int note(void *opaque, const struct timeline_row *row)
{
    struct calls *calls = opaque;

    if (row->kind != TIMELINE_ROW_EXECUTE) {
        call_list_end(&calls->list, row);
    } else if (has_enough(calls)) {
        calls->passed_by++;
    } else if (add(calls, row) < 0) {
        return -1;
    }
    return print_complete(calls) != 0 ||
           (has_enough(calls) && (calls->list.open == 0 || calls->passed_by > PASSED_BY));
}

/* A row of one that looks for the ends of some. */
static int note_end(void *opaque, const struct timeline_row *row)
{
    struct calls *calls = opaque;

    call_list_end(&calls->list, row);
    return print_complete(calls) != 0 || calls->list.open == calls->later;
}

/* Looks up to `until` for the ends of calls that were open where an interval of the first scan
 * ended. */
static int complete_some(struct calls *calls, uint64_t until, struct ebb_error *error)
{
    struct question *question = &calls->question;
    struct timeline_scan_result result;
    struct timeline_call *open;
    struct timeline_scan scan = {.to = until, .row = note_end, .opaque = calls};
    int status = 0;

    open = call_list_open(&calls->list, TIMELINE_OPEN_CALLS, &scan.open_count);
    if (!open) {
        return ebb_fail_memory(error);
    }
    calls->later = calls->list.open - scan.open_count;
    scan.open = open;
    scan.from = open[0].position;
    if (scan.from < until) {
        status = question_follow(question, &scan, &result, error);
    }
    if (status == 0 && result.reason == TIMELINE_STOP_INTERRUPTED) {
        status = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    call_list_give_up(&calls->list, open, scan.open_count);
    free(open);
    return status < 0 ? -1 : 0;
}

static int complete(struct calls *calls, uint64_t until, struct ebb_error *error)
{
    int status = 0;

    timeline_clear_breakpoints(calls->question.timeline); /* no more calls are to be found */
    while (calls->list.open && status == 0 && !calls->failed && !ferror(stdout)) {
        status = complete_some(calls, until, error);
    }
    if (status == 0 && !calls->failed && print_complete(calls) == 0) {
        status = call_print_flush(&calls->print, error);
    }
    return calls->failed ? -1 : status;
}

static int ask(struct calls *calls, struct ebb_error *error)
{
    struct question *question = &calls->question;
    struct timeline_scan_result result = {0};
    struct ebb_error later = {0};
    int status;

    calls->error = error;
    question->scan.row = note;
    question->scan.opaque = calls;
    status = question_scan(question, &result, error);
    if (calls->failed || ferror(stdout) || (status < 0 && error->kind == EBB_ERROR_INTERRUPTED)) {
        return calls->failed ? -1 : status;
    }
    /* What a damaged recording has before the damage is told of first. */
    if (complete(calls, result.ended || status == 0 ? question->scan.to : result.until,
                 status < 0 ? &later : error) < 0 &&
        status == 0) {
        return -1;
    }
    if (status == 0 && calls->made == 0 && !question->shard) {
        progress_clear(&question->progress);
        fprintf(stderr,
                "ebb: no call between positions %" PRIu64 " and %" PRIu64
                "; calls that the compiler has inlined are none\n",
                question->scan.from, question->scan.to);
    } else if (status == 0 && has_enough(calls) && result.ended) {
        question_tell_more(question, calls->last_position + 1);
    }
    return calls->failed ? -1 : status;
}

static int prepare(struct calls *calls, struct ebb_error *error)
{
    struct question *question = &calls->question;

    if (functions_find(&calls->functions, question, question_operand(question), error) < 0 ||
        functions_break(&calls->functions, question, error) < 0) {
        return -1;
    }
    calls->print.question = question;
    calls->print.functions = &calls->functions;
    calls->print.callers.symbols = question->symbols;
    if (!question->shard) { /* which prints nothing */
        calls->print.signatures = signatures_open(question, &calls->functions);
    }
    return 0;
}

static int answer(struct calls *calls, struct ebb_error *error)
{
    int status;

    if (prepare(calls, error) < 0) {
        return -1;
    }
    question_begin_rows(&calls->question);
    status = ask(calls, error);
    question_end_rows(&calls->question);
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct calls *calls = calloc(1, sizeof(*calls));
    int status = -1;

    if (!calls) {
        return ebb_fail_memory(error);
    }
    calls->question.scan =
        (struct timeline_scan){.calls = true, .context = true, .registers = ARGUMENT_REGISTERS};
    if (question_open(&calls->question, arguments, error) == 0) {
        status = answer(calls, error);
    }
    signatures_close(calls->print.signatures);
    callers_free(&calls->print.callers);
    call_list_free(&calls->list);
    functions_free(&calls->functions);
    status = question_end(&calls->question, status, error);
    free(calls);
    return status;
}

const struct command command_calls = {
    .name = "calls",
    .summary = "prints every call of a function",
    .operands = "[RECORDING] FUNCTION",
    .operands_max = 2,
    .description =
        "Replays the recording once, on several workers, and prints each call: position, "
        "arguments, result, where it returns to its caller and after how many instructions, and "
        "the caller. FUNCTION is a symbol; of a name that several functions have, all are meant. "
        "Or it is an address, a number or a symbol with +N or -N behind it, that is called like a "
        "function.\n\n"
        "Arguments and results have the names and types of the symbol file's debug information, "
        "if gdb is there to read it, as far as they are in registers that the calling convention "
        "has for numbers and pointers; others are printed as \"...\". Without it, the argument "
        "registers are printed. The instructions between a call and its return include those of "
        "interrupts and of other threads that ran meanwhile. A call is printed as soon as its end "
        "and those of all before it are known.",
    .examples = "ebb calls ebb-recording-3 kmem_cache_free --limit 20\n"
                "ebb calls --from 1000000 --json take_sample\n",
    .options = options,
    .run = run,
};
