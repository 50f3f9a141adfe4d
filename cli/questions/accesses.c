/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb accesses: every access to a piece of memory. */
#include "access_rows.h"
#include "questions.h"

enum { ACCESSES_WRITE = QUESTION_OWN, ACCESSES_READ, ACCESSES_PHYSICAL };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [ACCESSES_WRITE] = {"write", 'w', NULL, "Prints writes only."},
    [ACCESSES_READ] = {"read", 'r', NULL, "Prints reads only."},
    [ACCESSES_PHYSICAL] = {"physical", 'p', NULL,
                           "The address is a physical one: accesses by whatever virtual address "
                           "are printed."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question = {
        .scan = {.data = true},
        .print = access_row_print,
        .describe = access_row_describe,
    };
    const char *const *values = arguments->values;
    int status = -1;

    if (question_open(&question, arguments, error) == 0 &&
        access_row_watch(&question, question_operand(&question),
                         access_row_kind(values[ACCESSES_READ], values[ACCESSES_WRITE],
                                         values[ACCESSES_PHYSICAL]),
                         error) == 0) {
        status = question_ask(&question, error);
    }
    return question_end(&question, status, error);
}

const struct command command_accesses = {
    .name = "accesses",
    .summary = "prints every access to a piece of memory",
    .operands = "[RECORDING] ADDRESS[,LENGTH]",
    .operands_max = 2,
    .description =
        "Replays the recording once, on several workers, and prints each read and write of the "
        "memory: position, who made it (the CPU, a device, a reset), which of the bytes, what was "
        "there before and after the instruction, and the code. ADDRESS is a number or a symbol, "
        "with +N or -N "
        "behind it; LENGTH is in bytes, 4 by default.\n\n"
        "A virtual address is that of whoever runs: where several programs have something there, "
        "all of it is printed.",
    .examples = "ebb accesses ebb-recording-3 jiffies --write --limit 20\n"
                "ebb accesses ebb-recording-3 0x40080000,16 --physical --json\n",
    .options = options,
    .run = run,
};
