/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb exceptions: every exception that was taken. */
#include "exception_json.h"
#include "exception_words.h"
#include "question.h"
#include "questions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EXCEPTIONS_KIND = QUESTION_OWN, EXCEPTIONS_BY_KIND };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [EXCEPTIONS_KIND] = {"kind", 'k', "LIST",
                         "Those of these kinds only, with commas between them: irq, fiq, serror, "
                         "svc, hvc, smc, undefined, prefetch-abort, data-abort, debug, trap, "
                         "other."},
    [EXCEPTIONS_BY_KIND] = {"by-kind", 0, NULL, "Prints how many there are of each kind."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct exceptions {
    unsigned kinds; /* bit n: enum timeline_exception n is wanted */
    uint64_t counts[TIMELINE_EXCEPTIONS];
};

static bool wants(struct question *question, const struct timeline_row *row)
{
    const struct exceptions *exceptions = question->opaque;

    return exceptions->kinds >> row->exception & 1;
}

static void print_details(const struct timeline_row *row)
{
    const char *fault = exception_fault_words(row);
    const char *class = row->syndrome ? exception_class_words(row->syndrome) : NULL;
    unsigned number;

    if (exception_has_number(row, &number)) {
        printf(" #%u", number);
    } else if (fault) {
        printf(" %s", fault);
    } else if (class && row->exception != TIMELINE_EXCEPTION_UNDEFINED) {
        printf(" %s", class);
    }
    if (exception_has_fault(row)) {
        printf(", %s 0x%" PRIx64,
               row->exception == TIMELINE_EXCEPTION_PREFETCH_ABORT ? "fetch of"
               : exception_is_write(row)                           ? "write to"
                                                                   : "read of",
               row->fault);
    }
}

static int print_place(struct question *question, uint32_t mode, uint64_t pc)
{
    const char *where = locations_find(&question->locations, pc);

    printf(" %s 0x%" PRIx64, exception_mode_name(mode), pc);
    if (where && *where) {
        printf(" %s", where);
    }
    return where ? 0 : -1;
}

static int print(struct question *question, const struct timeline_row *row, struct ebb_error *error)
{
    printf("%15" PRIu64 " %s", row->position, exception_kind_name(row->exception));
    print_details(row);
    fputs(" from", stdout);
    if (print_place(question, row->mode, row->from_pc) == 0) {
        fputs(" to", stdout);
        if (print_place(question, row->to_mode, row->pc) == 0) {
            putchar('\n');
            return 0;
        }
    }
    return ebb_fail_memory(error);
}

static json_t *describe(struct question *question, const struct timeline_row *row)
{
    return exception_describe(row, &question->locations);
}

static int read_kinds(const char *text, unsigned *kinds, struct ebb_error *error)
{
    enum timeline_exception kind;

    if (!text) {
        *kinds = ~0u;
        return 0;
    }
    for (const char *word = text;; word++) {
        size_t length = strcspn(word, ",");

        if (!exception_kind_find(word, length, &kind)) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "--kind: \"%.*s\" is no kind of exception; --help names them",
                            length < 40 ? (int)length : 40, word);
        }
        *kinds |= 1u << kind;
        word += length;
        if (!*word) {
            return 0;
        }
    }
}

static int count(void *opaque, const struct timeline_row *row)
{
    struct question *question = opaque;
    struct exceptions *exceptions = question->opaque;
    bool enough;

    if (question_takes(question, row, &enough)) {
        exceptions->counts[row->exception]++;
    }
    return enough;
}

static int print_counts(struct question *question, const struct exceptions *exceptions,
                        struct ebb_error *error)
{
    int status = 0;

    question_begin_rows(question);
    for (unsigned i = 0; i < TIMELINE_EXCEPTIONS && status == 0; i++) {
        const char *name = exception_kind_name((enum timeline_exception)i);

        if (!exceptions->counts[i]) {
            continue;
        }
        if (question->json) {
            status = json_list_add(&question->list,
                                   json_pack("{s:s, s:o}", "kind", name, "count",
                                             json_unsigned(exceptions->counts[i])),
                                   error);
        } else {
            printf("%15" PRIu64 " %s\n", exceptions->counts[i], name);
        }
    }
    question_end_rows(question);
    return status;
}

static int ask_counts(struct question *question, struct exceptions *exceptions,
                      struct ebb_error *error)
{
    struct timeline_scan_result result = {0};
    struct ebb_error ignored;
    int status;

    question->scan.row = count;
    question->scan.opaque = question;
    status = question_scan(question, &result, error);
    if (print_counts(question, exceptions, status == 0 ? error : &ignored) < 0) {
        return -1;
    }
    if (status == 0 && result.ended) {
        question_tell_more(question, question->last + 1);
    }
    return status;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct exceptions exceptions = {0};
    struct question question = {
        .scan = {.exceptions = true},
        .print = print,
        .describe = describe,
        .wants = wants,
        .opaque = &exceptions,
        .without_operand = true,
    };
    int status = -1;

    if (read_kinds(arguments->values[EXCEPTIONS_KIND], &exceptions.kinds, error) == 0 &&
        question_open(&question, arguments, error) == 0) {
        status = arguments->values[EXCEPTIONS_BY_KIND] ? ask_counts(&question, &exceptions, error)
                                                       : question_ask(&question, error);
    }
    return question_end(&question, status, error);
}

const struct command command_exceptions = {
    .name = "exceptions",
    .summary = "prints every exception taken",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, and prints each exception that the guest "
        "took, interrupts included: position, kind, what its syndrome says (the cause and address "
        "of an abort, the number of a call), the code and mode that it came from and those of the "
        "handler.\n\n"
        "The position is that of the instruction that caused it; of an interrupt, of the one in "
        "front of which it was taken, which comes behind the handler. Calls of the firmware and "
        "of the host that QEMU or KVM answered (PSCI, semihosting, hypercalls under KVM) are no "
        "exceptions of the guest's, and are not printed.",
    .examples = "ebb exceptions ebb-recording-3 --kind data-abort,prefetch-abort,undefined\n"
                "ebb exceptions ebb-recording-3 --by-kind\n",
    .options = options,
    .run = run,
};
