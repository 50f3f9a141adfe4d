/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export trace: what happened, as tracks that Perfetto and chrome://tracing show. */
#include "clock_follower.h"
#include "exports.h"
#include "trace_file.h"
#include "trace_notes.h"

#include "cli/questions/exception_json.h"
#include "cli/questions/exception_words.h"
#include "cli/questions/irq_list.h"
#include "cli/questions/task_switches.h"

#include <inttypes.h>
#include <stdlib.h>

#define NAME_SIZE 120u

struct trace {
    struct question *question;
    struct trace_file file;
    struct clock_follower clock;
    struct irq_list irqs; /* whose handlers have not returned */
    struct task_switches switches;
    struct task task; /* that runs since `since`, if has_task */
    bool has_task;
    uint64_t since;
    bool failed;
    struct ebb_error *error;
};

static int write_exception(struct trace *trace, const struct timeline_row *row)
{
    const char *kind = exception_kind_name(row->exception);
    char track[NAME_SIZE], name[NAME_SIZE];
    unsigned number = 0;
    bool has_number = exception_has_number(row, &number);

    snprintf(track, sizeof(track), "exception %s", kind);
    snprintf(name, sizeof(name), has_number ? "%s #%u" : "%s", kind, number);
    return trace_file_instant(&trace->file, TRACE_ORDER_EXCEPTIONS, track, name, row->position,
                              exception_describe(row, &trace->question->locations), trace->error);
}

/* "irq 27 (EL1 virtual timer)", for the track and for the slice. */
static void name_irq(const struct trace *trace, const struct irq *irq, char name[NAME_SIZE])
{
    const char *kind = exception_kind_name(irq->row.exception);
    const char *device = irq_list_name(&trace->irqs, irq->number);

    if (irq->number == IRQ_UNKNOWN) {
        snprintf(name, NAME_SIZE, "%s unknown", kind);
    } else {
        snprintf(name, NAME_SIZE, *device ? "%s %" PRIu64 " (%s)" : "%s %" PRIu64, kind,
                 irq->number, device);
    }
}

/* One whose handler has not returned is an instant. */
static int write_irq(struct trace *trace, const struct irq *irq)
{
    unsigned order = TRACE_ORDER_INTERRUPTS;
    json_t *arguments = irq_list_describe(&trace->irqs, &trace->question->locations, irq);
    uint64_t from = irq->row.position;
    char name[NAME_SIZE];

    name_irq(trace, irq, name);
    order += irq->number < DEVICE_TREE_INTERRUPTS ? (unsigned)irq->number : DEVICE_TREE_INTERRUPTS;
    return irq->duration == IRQ_UNKNOWN
               ? trace_file_instant(&trace->file, order, name, name, from, arguments, trace->error)
               : trace_file_slice(&trace->file, order, name, name, from, from + irq->duration,
                                  arguments, trace->error);
}

static int write_task(struct trace *trace, uint64_t end)
{
    char *words = task_words(&trace->task);
    int status =
        words ? trace_file_slice(&trace->file, TRACE_ORDER_TASKS, "tasks", words, trace->since, end,
                                 task_describe(&trace->task), trace->error)
              : ebb_fail_memory(trace->error);

    free(words);
    return status;
}

static int take_switch(struct trace *trace, const struct task_switch *found)
{
    if (!trace->has_task) {
        trace->task = found->from;
        trace->has_task = true;
    }
    if (write_task(trace, found->position)) {
        return -1;
    }
    trace->task = found->to;
    trace->since = found->position;
    return 0;
}

/* Before the first switch it is known who runs: the task that is switched from, or, by tables, the
 * user code that was returned to first. */
static void begin_table(struct trace *trace, const struct timeline_row *row)
{
    if (trace->switches.by_table && !trace->has_task && trace->switches.has_last) {
        trace->task = trace->switches.last;
        trace->has_task = true;
        trace->since = row->position;
    }
}

static int take_exception(struct trace *trace, const struct timeline_row *row)
{
    const struct irq *irq;
    int status = 0;

    if (row->kind == TIMELINE_ROW_EXCEPTION && !irq_is_entered(row)) {
        return write_exception(trace, row);
    }
    if (irq_list_reach(&trace->irqs, row, trace->error)) {
        return -1;
    }
    if (row->kind == TIMELINE_ROW_EXCEPTION) {
        return irq_list_enter(&trace->irqs, row, trace->error);
    }
    irq = irq_list_return(&trace->irqs, row);
    if (irq) {
        status = write_irq(trace, irq);
        irq_list_forget(&trace->irqs, irq);
    }
    return status;
}

static int take(struct trace *trace, const struct timeline_row *row)
{
    struct task_switch found;

    if (task_switches_find(&trace->switches, row, &found) && take_switch(trace, &found)) {
        return -1;
    }
    begin_table(trace, row);
    return row->kind == TIMELINE_ROW_EXECUTE ? 0 : take_exception(trace, row);
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct trace *trace = opaque;

    trace->failed |= take(trace, row) < 0;
    return trace->failed || ferror(trace->file.list.out);
}

/* What is not over yet at the end of the part. */
static int write_rest(struct trace *trace)
{
    const struct irq *irq;

    while ((irq = irq_list_take(&trace->irqs, true))) {
        if (write_irq(trace, irq)) {
            return -1;
        }
    }
    return trace->has_task ? write_task(trace, trace->question->scan.to) : 0;
}

static json_t *describe(const struct trace *trace)
{
    const struct timeline_scan *scan = &trace->question->scan;

    return json_pack(
        "{s:s, s:o, s:o, s:s, s:s}", "clock",
        "ts is a position: 1 us stands for 1 instruction that the guest has executed", "from",
        json_unsigned(scan->from), "to", json_unsigned(scan->to), "tasks",
        trace->switches.by_table
            ? "told from each other by translation tables: there is no symbol __switch_to"
            : "those of Linux, from its __switch_to",
        "guest_time",
        trace->clock.frequency
            ? "what the guest's clock said where the guest read it, at some of these positions"
            : "not in the recording");
}

static int scan(struct trace *trace)
{
    struct question *question = trace->question;
    struct timeline_scan_result result = {0};

    question->scan.exceptions = question->scan.returns = true;
    question->scan.row = row;
    question->scan.opaque = trace;
    if (question_scan(question, &result, trace->error)) {
        return -1;
    }
    return trace->failed ? -1 : write_rest(trace);
}

static int open_sources(struct trace *trace)
{
    trace->switches.by_table = !task_switches_are_known(trace->question);
    trace->since = trace->question->scan.from;
    /* The first two read where history begins, and the last one moves on. */
    return clock_follower_open(&trace->clock, trace->question, trace->error) ||
                   irq_list_open(&trace->irqs, trace->question, trace->error) ||
                   task_switches_prepare(&trace->switches, trace->question, trace->error)
               ? -1
               : 0;
}

static int write_all(struct trace *trace, FILE *file)
{
    const struct timeline_scan *part = &trace->question->scan;
    /* What happens at the end of history belongs to no position before. */
    uint64_t last = part->to - (part->to < timeline_end(trace->question->timeline));

    if (trace_file_begin(&trace->file, file, describe(trace), trace->error) ||
        trace_notes_write(&trace->file, trace->question, &trace->clock, part->from, last,
                          trace->error) ||
        scan(trace)) {
        return -1;
    }
    trace_file_end(&trace->file);
    return 0;
}

static int write_trace(struct question *question, FILE *file, struct ebb_error *error)
{
    struct trace trace = {.question = question, .error = error};
    int status = open_sources(&trace);

    if (status == 0) {
        status = write_all(&trace, file);
        trace_file_free(&trace.file);
    }
    irq_list_close(&trace.irqs);
    clock_follower_close(&trace.clock);
    return status;
}

const struct export_format export_trace = {
    .name = "trace",
    .summary = "console, markers, tasks, interrupts and exceptions on a time line, as JSON that "
               "Perfetto (ui.perfetto.dev) and chrome://tracing read",
    .write = write_trace,
};
