/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb irqs: every interrupt that was taken. */
#include "exception_words.h"
#include "irq_list.h"
#include "question.h"
#include "questions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { IRQS_BY_DEVICE = QUESTION_OWN };

static const struct option_spec options[] = {
    QUESTION_OPTIONS,
    [IRQS_BY_DEVICE] = {"by-device", 'd', NULL,
                        "Prints a line for each interrupt number: how many there were, their mean "
                        "and longest latency and duration."},
    QUESTION_OPTIONS_OF_SHARD,
    {0},
};

struct device {
    uint64_t number; /* IRQ_UNKNOWN: it is not */
    uint64_t count, latency, latency_max, latency_count, duration, duration_max, duration_count;
};

struct irqs {
    struct question *question;
    struct irq_list open;   /* not printed yet: their handlers, or ones before, have not returned */
    uint64_t to;            /* those in front of this position are wanted */
    struct device *devices; /* by their numbers */
    size_t device_count;
    bool by_device, enough;
    int status;
    struct ebb_error *error;
};

static void add_to(uint64_t value, uint64_t *sum, uint64_t *most, uint64_t *count)
{
    if (value != IRQ_UNKNOWN) {
        *sum += value;
        *most = value > *most ? value : *most;
        ++*count;
    }
}

static int by_number(const void *a, const void *b)
{
    uint64_t one = ((const struct device *)a)->number, other = ((const struct device *)b)->number;

    return (one > other) - (one < other);
}

/* NULL: out of memory. */
static struct device *add_device(struct irqs *irqs, uint64_t number)
{
    struct device *devices =
        realloc(irqs->devices, (irqs->device_count + 1) * sizeof(*irqs->devices));
    size_t i = irqs->device_count;

    if (!devices) {
        return NULL;
    }
    irqs->devices = devices;
    for (; i > 0 && devices[i - 1].number > number; i--) {
        devices[i] = devices[i - 1];
    }
    devices[i] = (struct device){.number = number};
    irqs->device_count++;
    return &devices[i];
}

static int count_irq(struct irqs *irqs, const struct irq *irq)
{
    const struct device wanted = {.number = irq->number};
    struct device *device = irqs->device_count ? bsearch(&wanted, irqs->devices, irqs->device_count,
                                                         sizeof(wanted), by_number)
                                               : NULL;

    device = device ? device : add_device(irqs, irq->number);
    if (!device) {
        return ebb_fail_memory(irqs->error);
    }
    device->count++;
    add_to(irq->latency, &device->latency, &device->latency_max, &device->latency_count);
    add_to(irq->duration, &device->duration, &device->duration_max, &device->duration_count);
    return 0;
}

static void print_number(const struct irqs *irqs, uint64_t number)
{
    const char *name = irq_list_name(&irqs->open, number);

    if (number == IRQ_UNKNOWN) {
        fputs(" unknown", stdout);
    } else {
        printf(*name ? " %" PRIu64 " (%s)" : " %" PRIu64, number, name);
    }
}

static int print_irq(struct irqs *irqs, const struct irq *irq)
{
    const char *where = locations_find(&irqs->question->locations, irq->row.from_pc);

    if (!where) {
        return ebb_fail_memory(irqs->error);
    }
    printf("%15" PRIu64 " %s", irq->row.position, exception_kind_name(irq->row.exception));
    print_number(irqs, irq->number);
    for (unsigned i = 0; i < irq->more_count; i++) {
        fputs(" and", stdout);
        print_number(irqs, irq->more[i]);
    }
    if (irq->latency != IRQ_UNKNOWN) {
        printf(" latency %" PRIu64, irq->latency);
    }
    if (irq->duration != IRQ_UNKNOWN) {
        printf(" duration %" PRIu64, irq->duration);
    }
    printf(" in %s 0x%" PRIx64, exception_mode_name(irq->row.mode), irq->row.from_pc);
    printf(*where ? " %s\n" : "\n", where);
    return 0;
}

static int emit(struct irqs *irqs, const struct irq *irq)
{
    struct question *question = irqs->question;

    if (irqs->by_device) {
        return count_irq(irqs, irq);
    }
    progress_clear(&question->progress);
    return question->json ? json_list_add(&question->list,
                                          irq_list_describe(&irqs->open, &question->locations, irq),
                                          irqs->error)
                          : print_irq(irqs, irq);
}

/* Prints those that nothing more will be known of, up to the first of which more may. */
static int emit_ended(struct irqs *irqs, bool all)
{
    const struct irq *irq;

    while (!ferror(stdout) && (irq = irq_list_take(&irqs->open, all))) {
        if (emit(irqs, irq) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take(struct irqs *irqs, const struct timeline_row *row)
{
    bool enough;

    if (!question_takes(irqs->question, row, &enough)) {
        irqs->enough |= enough;
        return 0;
    }
    return irq_list_enter(&irqs->open, row, irqs->error);
}

static int row_of(struct irqs *irqs, const struct timeline_row *row)
{
    bool entry = row->kind == TIMELINE_ROW_EXCEPTION;

    if (entry && !irq_is_entered(row)) {
        return 0;
    }
    if (irq_list_reach(&irqs->open, row, irqs->error)) {
        return -1;
    }
    if (!entry) {
        return irq_list_return(&irqs->open, row) ? emit_ended(irqs, false) : 0;
    }
    return row->position < irqs->to ? take(irqs, row) : 0;
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct irqs *irqs = opaque;

    irqs->status = row_of(irqs, row);
    /* Of a shard it is not known which handlers were entered before it, and return later. */
    return irqs->status || ferror(stdout) ||
           (!irqs->question->shard && irq_list_is_empty(&irqs->open) &&
            (irqs->enough || row->position >= irqs->to));
}

static uint64_t mean(uint64_t sum, uint64_t count)
{
    return count ? (sum + count / 2) / count : 0;
}

static int print_device(struct irqs *irqs, const struct device *device)
{
    printf("%10" PRIu64 " times", device->count);
    print_number(irqs, device->number);
    if (device->latency_count) {
        printf(" latency %" PRIu64 ", at most %" PRIu64,
               mean(device->latency, device->latency_count), device->latency_max);
    }
    if (device->duration_count) {
        printf(" duration %" PRIu64 ", at most %" PRIu64 ", together %" PRIu64,
               mean(device->duration, device->duration_count), device->duration_max,
               device->duration);
    }
    putchar('\n');
    return 0;
}

static json_t *describe_device(struct irqs *irqs, const struct device *device)
{
    json_t *object = json_pack("{s:o}", "count", json_unsigned(device->count));

    irq_list_set_number(&irqs->open, object, device->number);
    if (device->latency_count) {
        irq_set_known(object, "latency", mean(device->latency, device->latency_count));
        irq_set_known(object, "latency_max", device->latency_max);
    }
    if (device->duration_count) {
        irq_set_known(object, "duration", mean(device->duration, device->duration_count));
        irq_set_known(object, "duration_max", device->duration_max);
        irq_set_known(object, "duration_sum", device->duration);
    }
    return object;
}

static int print_devices(struct irqs *irqs)
{
    struct question *question = irqs->question;
    int status = 0;

    for (size_t i = 0; i < irqs->device_count && status == 0; i++) {
        const struct device *device = &irqs->devices[i];

        status = question->json
                     ? json_list_add(&question->list, describe_device(irqs, device), irqs->error)
                     : print_device(irqs, device);
    }
    return status;
}

static int emit_all(struct irqs *irqs)
{
    return emit_ended(irqs, true) < 0 || (irqs->by_device && print_devices(irqs) < 0) ? -1 : 0;
}

/* What is asked for: interrupts up to --to. But handlers may return behind that. */
static int scan(struct irqs *irqs)
{
    struct question *question = irqs->question;
    struct timeline_scan_result result = {0};
    struct ebb_error early = {0};
    int status;

    irqs->to = question->scan.to;
    question->scan.to = timeline_end(question->timeline);
    /* At the recording's very end an interrupt may be entered that is of no position before. */
    irqs->to += irqs->to == question->scan.to;
    question->scan.row = row;
    question->scan.opaque = irqs;
    question_begin_rows(question);
    status = question_scan(question, &result, irqs->error);
    if (status < 0) {
        early = *irqs->error;
    }
    if (irqs->status == 0) {
        irqs->status = emit_all(irqs);
    }
    if (status < 0) {
        *irqs->error = early;
    }
    question_end_rows(question);
    if (irqs->enough && status == 0 && irqs->status == 0) {
        question_tell_more(question, question->last + 1);
    }
    return status || irqs->status ? -1 : 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct question question = {
        .scan = {.exceptions = true, .returns = true},
        .without_operand = true,
    };
    struct irqs irqs = {
        .question = &question,
        .by_device = arguments->values[IRQS_BY_DEVICE],
        .error = error,
    };
    int status = -1;

    if (question_open(&question, arguments, error) == 0 &&
        irq_list_open(&irqs.open, &question, error) == 0) {
        status = scan(&irqs);
    }
    irq_list_close(&irqs.open);
    free(irqs.devices);
    return question_end(&question, status, error);
}

const struct command command_irqs = {
    .name = "irqs",
    .summary = "prints every interrupt taken",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Replays the recording once, on several workers, and prints each interrupt that the guest "
        "took: position, number, latency, duration, and the code that was interrupted. The "
        "latency is the number of instructions from the rise of the CPU's line to the entry of "
        "the handler, the duration that from there to the return to what was interrupted, that "
        "instruction included; whatever else ran meanwhile counts, as other tasks of a kernel "
        "do.\n\n"
        "Numbers are what the guest was told when it asked the GIC. Names are those of the "
        "architecture for private interrupts, and for others those that the device tree in the "
        "guest's memory has, if one is there at the recording's beginning. What is not known is "
        "left out: a duration where the guest has never returned to the same place with the same "
        "stack.",
    .examples = "ebb irqs ebb-recording-3 --limit 20\n"
                "ebb irqs ebb-recording-3 --by-device\n",
    .options = options,
    .run = run,
};
