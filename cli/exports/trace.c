/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb export trace: what happened, as tracks that Perfetto and chrome://tracing show. */
#include "clock_follower.h"
#include "exports.h"
#include "trace_file.h"
#include "trace_notes.h"

#include "cli/questions/exception_json.h"
#include "cli/questions/exception_words.h"
#include "cli/questions/happenings.h"

#include <inttypes.h>
#include <stdlib.h>

#define NAME_SIZE 120u

struct trace {
    struct question *question;
    struct trace_file file;
    struct clock_follower clock;
    struct happenings happenings;
    struct ebb_error *error;
};

/* What a visitor returns for what a function of the file did. */
static int go_on(const struct trace *trace, int status)
{
    return status ? -1 : ferror(trace->file.list.out) != 0;
}

static int write_exception(void *opaque, const struct timeline_row *row)
{
    struct trace *trace = opaque;
    const char *kind = exception_kind_name(row->exception);
    char track[NAME_SIZE], name[NAME_SIZE];
    unsigned number = 0;
    bool has_number = exception_has_number(row, &number);

    snprintf(track, sizeof(track), "exception %s", kind);
    snprintf(name, sizeof(name), has_number ? "%s #%u" : "%s", kind, number);
    return go_on(trace, trace_file_instant(
                            &trace->file, TRACE_ORDER_EXCEPTIONS, track, name, row->position,
                            exception_describe(row, &trace->question->locations), trace->error));
}

/* "irq 27 (EL1 virtual timer)", for the track and for the slice. */
static void name_irq(const struct trace *trace, const struct irq *irq, char name[NAME_SIZE])
{
    const char *kind = exception_kind_name(irq->row.exception);
    const char *device = irq_list_name(&trace->happenings.irqs, irq->number);

    if (irq->number == IRQ_UNKNOWN) {
        snprintf(name, NAME_SIZE, "%s unknown", kind);
    } else {
        snprintf(name, NAME_SIZE, *device ? "%s %" PRIu64 " (%s)" : "%s %" PRIu64, kind,
                 irq->number, device);
    }
}

/* One whose handler has not returned is an instant. */
static int write_irq(void *opaque, const struct irq *irq)
{
    struct trace *trace = opaque;
    unsigned order = TRACE_ORDER_INTERRUPTS;
    json_t *arguments =
        irq_list_describe(&trace->happenings.irqs, &trace->question->locations, irq);
    uint64_t from = irq->row.position;
    char name[NAME_SIZE];
    int status;

    name_irq(trace, irq, name);
    order += irq->number < DEVICE_TREE_INTERRUPTS ? (unsigned)irq->number : DEVICE_TREE_INTERRUPTS;
    status =
        irq->duration == IRQ_UNKNOWN
            ? trace_file_instant(&trace->file, order, name, name, from, arguments, trace->error)
            : trace_file_slice(&trace->file, order, name, name, from, from + irq->duration,
                               arguments, trace->error);
    return go_on(trace, status);
}

static int write_task(void *opaque, const struct task *task, uint64_t from, uint64_t to)
{
    struct trace *trace = opaque;
    char *words = task_words(task);
    int status = words ? trace_file_slice(&trace->file, TRACE_ORDER_TASKS, "tasks", words, from, to,
                                          task_describe(task), trace->error)
                       : ebb_fail_memory(trace->error);

    free(words);
    return go_on(trace, status);
}

static const struct happenings_visitor visitor = {
    .task = write_task,
    .interrupt = write_irq,
    .exception = write_exception,
};

static json_t *describe(const struct trace *trace)
{
    const struct timeline_scan *scan = &trace->question->scan;

    return json_pack(
        "{s:s, s:o, s:o, s:s, s:s}", "clock",
        "ts is a position: 1 us stands for 1 instruction that the guest has executed", "from",
        json_unsigned(scan->from), "to", json_unsigned(scan->to), "tasks",
        trace->happenings.switches.by_table
            ? "told from each other by translation tables: there is no symbol __switch_to"
            : "those of Linux, from its __switch_to",
        "guest_time",
        trace->clock.frequency
            ? "what the guest's clock said where the guest read it, at some of these positions"
            : "not in the recording");
}

static int write_all(struct trace *trace, FILE *file)
{
    const struct timeline_scan *part = &trace->question->scan;
    /* What happens at the end of history belongs to no position before. */
    uint64_t last = part->to - (part->to < timeline_end(trace->question->timeline));

    if (trace_file_begin(&trace->file, file, describe(trace), trace->error) ||
        trace_notes_write(&trace->file, trace->question, &trace->clock, part->from, last,
                          trace->error) ||
        happenings_scan(&trace->happenings, &visitor, trace, trace->error)) {
        return -1;
    }
    trace_file_end(&trace->file);
    return 0;
}

static int write_trace(struct question *question, FILE *file, struct ebb_error *error)
{
    struct trace trace = {.question = question, .error = error};
    int status = -1;

    if (clock_follower_open(&trace.clock, question, error) == 0 &&
        happenings_open(&trace.happenings, question, error) == 0) {
        status = write_all(&trace, file);
        trace_file_free(&trace.file);
    }
    happenings_close(&trace.happenings);
    clock_follower_close(&trace.clock);
    return status;
}

const struct export_format export_trace = {
    .name = "trace",
    .summary = "console, markers, tasks, interrupts and exceptions on a time line, as JSON that "
               "Perfetto (ui.perfetto.dev) and chrome://tracing read",
    .write = write_trace,
};
