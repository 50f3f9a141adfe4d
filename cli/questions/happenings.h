/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens in a part of history, out of one scan: which task has the CPU, interrupts from the
 * entry to the return of their handlers, other exceptions, and samples of what executes.
 */
#ifndef EBB_CLI_QUESTIONS_HAPPENINGS_H
#define EBB_CLI_QUESTIONS_HAPPENINGS_H

#include "irq_list.h"
#include "question.h"
#include "task_switches.h"

/* Each returns 0 to go on, 1 to end, or -1 after filling the error that happenings_scan() got. */
struct happenings_visitor {
    /* Has had the CPU from a position to before another; in their order. */
    int (*task)(void *opaque, const struct task *task, uint64_t from, uint64_t to);
    /* When its handler has returned, or, without a duration, at the end of the part. */
    int (*interrupt)(void *opaque, const struct irq *irq);
    int (*exception)(void *opaque, const struct timeline_row *row); /* but for interrupts */
    int (*sample)(void *opaque,
                  const struct timeline_row *row); /* of question->scan; may be NULL */
};

struct happenings {
    struct question *question;
    struct irq_list irqs;          /* whose handlers have not returned; and what numbers are of */
    struct task_switches switches; /* .by_table: without Linux's symbols */
    struct task task;              /* that runs since `since`, if has_task */
    bool has_task;
    uint64_t since;
    const struct happenings_visitor *visitor;
    void *opaque;
    int status;
    struct ebb_error *error;
};

/* Of a question that was just opened: it moves the timeline, so others that look at where history
 * begins come before. happenings_close() also after an error. */
int happenings_open(struct happenings *happenings, struct question *question,
                    struct ebb_error *error);
void happenings_close(struct happenings *happenings);

/* Scans question->scan's part, once. Returns 0, or -1. */
int happenings_scan(struct happenings *happenings, const struct happenings_visitor *visitor,
                    void *opaque, struct ebb_error *error);

#endif
