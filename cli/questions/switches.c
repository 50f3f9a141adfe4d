/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb switches: every switch from one task of Linux to another. */
#include "question.h"
#include "questions.h"
#include "task_switches.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SWITCHES_BY_TABLE = QUESTION_OWN };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [SWITCHES_BY_TABLE] = {"by-table", 't', NULL,
                           "Tells programs from each other by their translation table (TTBR0_EL1) "
                           "and CONTEXTIDR_EL1, for other systems than Linux: prints where user "
                           "code is returned to that has others than the user code before."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct switches {
    struct task_switches tasks;
    struct task_switch found; /* of the row to print */
};

static int print_task(const char *what, const struct task *task, struct ebb_error *error)
{
    char *words = task_words(task);

    if (!words) {
        return ebb_fail_memory(error);
    }
    printf(" %s %s", what, words);
    free(words);
    return 0;
}

static int print(struct question *question, const struct timeline_row *row, struct ebb_error *error)
{
    const struct switches *switches = question->opaque;
    const struct task_switch *found = &switches->found;

    printf("%15" PRIu64, row->position);
    if (print_task("from", &found->from, error) || print_task("to", &found->to, error)) {
        return -1;
    }
    if (found->ran != UINT64_MAX) {
        printf(" after %" PRIu64, found->ran);
    }
    putchar('\n');
    return 0;
}

static json_t *describe(struct question *question, const struct timeline_row *row)
{
    const struct switches *switches = question->opaque;
    json_t *object =
        json_pack("{s:o, s:o, s:o}", "position", json_unsigned(row->position), "from",
                  task_describe(&switches->found.from), "to", task_describe(&switches->found.to));

    if (switches->found.ran != UINT64_MAX) {
        json_object_set_new(object, "ran", json_unsigned(switches->found.ran));
    }
    return object;
}

static bool wants(struct question *question, const struct timeline_row *row)
{
    struct switches *switches = question->opaque;

    return task_switches_find(&switches->tasks, row, &switches->found);
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct switches switches = {.tasks.by_table = arguments->values[SWITCHES_BY_TABLE]};
    struct question question = {
        .print = print,
        .describe = describe,
        .wants = wants,
        .opaque = &switches,
        .without_operand = true,
    };
    int status = -1;

    if (question_open(&question, arguments, error) == 0 &&
        task_switches_prepare(&switches.tasks, &question, error) == 0) {
        status = question_ask(&question, error);
    }
    return question_end(&question, status, error);
}

const struct command command_switches = {
    .name = "switches",
    .summary = "prints every switch between tasks",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, and prints each switch of Linux from one "
        "task to another: position, PID and name of both, and how many instructions the first had "
        "the CPU for, those of interrupts and system calls included. Names of kernel threads are "
        "in brackets. It needs the kernel's symbols; the layout of structures comes from the BTF "
        "in the kernel's memory, and without it tasks have names, and addresses for PIDs.\n\n"
        "For other systems there is --by-table. It takes programs with the same table for one, "
        "knows no names, and finds a switch only where user code runs again.",
    .examples = "ebb switches ebb-recording-3 --symbols vmlinux --limit 20\n"
                "ebb switches ebb-recording-3 --by-table\n",
    .options = options,
    .run = run,
};
