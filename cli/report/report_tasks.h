/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks of a report: which there are, for how many instructions each has had the CPU, and the
 * row of when. */
#ifndef EBB_CLI_REPORT_REPORT_TASKS_H
#define EBB_CLI_REPORT_REPORT_TASKS_H

#include "report_rows.h"

#include "cli/questions/task_switches.h"

#define REPORT_TASKS_MOST 1000u /* told from each other; what comes then is "others" */

struct report_task {
    json_t *description; /* as ebb switches has it; an empty object for others */
    char *words;
    uint64_t ran, in_bin; /* instructions; those in the bin that is under way */
    uint64_t slices;
};

struct report_tasks {
    struct report_rows *rows;
    struct report_row *row;
    struct report_task *list;
    size_t count;
    json_t *places;                /* of tasks in the list, by their words */
    size_t bin;                    /* under way */
    uint32_t most_in[REPORT_BINS]; /* the place + 1 of the task that has run the most in a bin */
};

int report_tasks_begin(struct report_tasks *tasks, struct report_rows *rows,
                       struct ebb_error *error);
void report_tasks_free(struct report_tasks *tasks);

/* A task has had the CPU from a position to before another. In their order. */
int report_tasks_take(struct report_tasks *tasks, const struct task *task, uint64_t from,
                      uint64_t to, struct ebb_error *error);

/* An object with the tasks, and, where not all events of the row are there, which has run the most
 * in each bin; NULL: out of memory. Nothing can be taken any more. */
json_t *report_tasks_describe(struct report_tasks *tasks);

#endif
