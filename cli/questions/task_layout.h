/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where Linux has what names a task in its struct task_struct. */
#ifndef EBB_CLI_QUESTIONS_TASK_LAYOUT_H
#define EBB_CLI_QUESTIONS_TASK_LAYOUT_H

#include "cli/symbols.h"

#include "replay/timeline/timeline.h"

#define TASK_NAME_SIZE 16u /* bytes of comm (Linux, include/linux/sched.h: TASK_COMM_LEN) */

/* Offsets in bytes. */
struct task_layout {
    bool has_name, has_pid, has_memory;
    uint32_t name, pid, memory; /* comm; pid; mm, which kernel threads have not */
};

/*
 * Reads the kernel's types (BTF) from the symbols' file or from the guest's memory where the
 * timeline is, which has to be inside of the kernel. Without types there is the name only: it is
 * looked for in the idle task, which is the symbol init_task or one of the tasks given here by
 * their addresses. Only failures of memory and of the worker are errors.
 */
int task_layout_read(struct task_layout *layout, struct timeline *timeline, struct symbols *symbols,
                     const uint64_t tasks[2], struct ebb_error *error);

#endif
