/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "happenings.h"

static int tell_task(struct happenings *happenings, uint64_t end)
{
    return happenings->visitor->task(happenings->opaque, &happenings->task, happenings->since, end);
}

static int tell_irq(struct happenings *happenings, const struct irq *irq)
{
    return happenings->visitor->interrupt(happenings->opaque, irq);
}

static int take_switch(struct happenings *happenings, const struct task_switch *found)
{
    int status;

    if (!happenings->has_task) {
        happenings->task = found->from;
        happenings->has_task = true;
    }
    status = tell_task(happenings, found->position);
    happenings->task = found->to;
    happenings->since = found->position;
    return status;
}

/* Before the first switch it is known who runs: the task that is switched from, or, by tables, the
 * user code that was returned to first. */
static void begin_table(struct happenings *happenings, const struct timeline_row *row)
{
    const struct task_switches *switches = &happenings->switches;

    if (switches->by_table && !happenings->has_task && switches->has_last) {
        happenings->task = switches->last;
        happenings->has_task = true;
        happenings->since = row->position;
    }
}

static int take_exception(struct happenings *happenings, const struct timeline_row *row)
{
    const struct irq *irq;
    int status = 0;

    if (row->kind == TIMELINE_ROW_EXCEPTION && !irq_is_entered(row)) {
        return happenings->visitor->exception(happenings->opaque, row);
    }
    if (irq_list_reach(&happenings->irqs, row, happenings->error)) {
        return -1;
    }
    if (row->kind == TIMELINE_ROW_EXCEPTION) {
        return irq_list_enter(&happenings->irqs, row, happenings->error);
    }
    irq = irq_list_return(&happenings->irqs, row);
    if (irq) {
        status = tell_irq(happenings, irq);
        irq_list_forget(&happenings->irqs, irq);
    }
    return status;
}

static int take_sample(const struct happenings *happenings, const struct timeline_row *row)
{
    /* At the recording's end nothing executes any more. */
    return row->position < happenings->question->scan.to
               ? happenings->visitor->sample(happenings->opaque, row)
               : 0;
}

static int take(struct happenings *happenings, const struct timeline_row *row)
{
    struct task_switch found;
    int status = 0;

    if (row->kind == TIMELINE_ROW_SAMPLE) {
        return take_sample(happenings, row);
    }
    if (task_switches_find(&happenings->switches, row, &found)) {
        status = take_switch(happenings, &found);
    }
    begin_table(happenings, row);
    return status || row->kind == TIMELINE_ROW_EXECUTE ? status : take_exception(happenings, row);
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct happenings *happenings = opaque;

    happenings->status = take(happenings, row);
    return happenings->status != 0;
}

/* What is not over yet at the end of the part. */
static int tell_rest(struct happenings *happenings)
{
    const struct irq *irq;
    int status = 0;

    while (status == 0 && (irq = irq_list_take(&happenings->irqs, true))) {
        status = tell_irq(happenings, irq);
    }
    return status == 0 && happenings->has_task
               ? tell_task(happenings, happenings->question->scan.to)
               : status;
}

int happenings_open(struct happenings *happenings, struct question *question,
                    struct ebb_error *error)
{
    happenings->question = question;
    happenings->since = question->scan.from;
    happenings->switches.by_table = !task_switches_are_known(question);
    return irq_list_open(&happenings->irqs, question, error) ||
                   task_switches_prepare(&happenings->switches, question, error)
               ? -1
               : 0;
}

void happenings_close(struct happenings *happenings)
{
    irq_list_close(&happenings->irqs);
}

int happenings_scan(struct happenings *happenings, const struct happenings_visitor *visitor,
                    void *opaque, struct ebb_error *error)
{
    struct question *question = happenings->question;
    struct timeline_scan_result result = {0};

    happenings->visitor = visitor;
    happenings->opaque = opaque;
    happenings->error = error;
    question->scan.exceptions = question->scan.returns = true;
    question->scan.row = row;
    question->scan.opaque = happenings;
    if (question_scan(question, &result, error)) {
        return -1;
    }
    if (happenings->status == 0) {
        happenings->status = tell_rest(happenings);
    }
    return happenings->status < 0 ? -1 : 0;
}
