/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Switches between tasks, among the rows of a scan: Linux's, or between translation tables. */
#ifndef EBB_CLI_QUESTIONS_TASK_SWITCHES_H
#define EBB_CLI_QUESTIONS_TASK_SWITCHES_H

#include "question.h"
#include "task_layout.h"

/* What is known of a task. */
struct task {
    bool has_address, has_pid, has_name, has_memory, has_table;
    uint64_t address; /* of its struct task_struct */
    int32_t pid;
    uint8_t name[TASK_NAME_SIZE]; /* anything */
    bool is_thread;               /* if has_memory: it has none of its own, as kernel threads */
    uint64_t table, context_id;   /* if has_table: TTBR0_EL1 and CONTEXTIDR_EL1 */
};

struct task_switch {
    uint64_t position;
    struct task from, to;
    uint64_t ran; /* instructions since the switch before; UINT64_MAX: that is not known */
};

/* What is loaded of a task, by the number of the load. */
struct task_loads {
    unsigned name, pid, memory;
    unsigned where; /* the register that points to the task, as a place in row->registers */
};

struct task_switches {
    bool by_table; /* the caller's */
    uint64_t function;
    struct task_layout layout;
    struct task_loads loads_from, loads_to;
    unsigned pointer; /* bytes */
    bool has_last;
    struct task last; /* by_table: the user code that ran last, if has_last */
    bool told;
    uint64_t told_last; /* position of the last switch, if told */
};

/* True if the symbols are of a Linux, whose switches can be found. */
bool task_switches_are_known(const struct question *question);

/* Fills in question->scan so that it has the rows that are needed. For Linux that is a breakpoint,
 * registers and loads, and a part of history is scanned up to the first switch. */
int task_switches_prepare(struct task_switches *switches, struct question *question,
                          struct ebb_error *error);

/* True, and fills *found, if the row is a switch. To be asked once of each row, in their order. */
bool task_switches_find(struct task_switches *switches, const struct timeline_row *row,
                        struct task_switch *found);

/* "12 init", "2 [kthreadd]", "table 0x40001000 context 1"; printable, for free(); NULL: out of
 * memory. */
char *task_words(const struct task *task);
json_t *task_describe(const struct task *task);

#endif
