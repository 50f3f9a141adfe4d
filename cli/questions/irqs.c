/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb irqs: every interrupt that was taken. */
#include "device_tree.h"
#include "exception_words.h"
#include "irq_events.h"
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
    {0},
};

#define SPURIOUS_FIRST 1020u /* numbers that stand for no interrupt: up to 1023 */
#define SPURIOUS_LAST 1023u
#define MORE_MAX 4u /* numbers of further interrupts that one handler has been told of */

/* One that was taken. Absent values are UINT64_MAX. */
struct irq {
    struct timeline_row row; /* its pointers lead nowhere */
    uint64_t number, latency, duration;
    uint32_t more[MORE_MAX];
    unsigned more_count;
};

struct device {
    uint64_t number; /* UINT64_MAX: unknown */
    uint64_t count, latency, latency_max, latency_count, duration, duration_max, duration_count;
};

struct irqs {
    struct question *question;
    struct irq_events events;
    struct device_tree *tree;
    /* Those that are not printed yet, in the order of entry: their handlers have not returned. */
    struct irq *list;
    size_t count, capacity;
    uint64_t taken; /* so far */
    uint64_t to;    /* those in front of this position are wanted */
    struct device *devices;
    size_t device_count;
    bool by_device, enough;
    int status;
    struct ebb_error *error;
};

static const char *const private_names[] = {
    [22] = "debug communications channel",
    [23] = "performance monitors",
    [24] = "cross-trigger interface",
    [25] = "GIC maintenance",
    [26] = "EL2 physical timer",
    [27] = "EL1 virtual timer",
    [28] = "EL2 virtual timer",
    [29] = "EL3 physical timer",
    [30] = "EL1 physical timer",
    [31] = NULL,
};

/* "" if nothing is known. The numbers of private interrupts are those of Arm's Base System
 * Architecture, 3.6. */
static const char *name_of(const struct irqs *irqs, uint64_t number)
{
    if (number < 16) {
        return "software generated";
    }
    if (number < 32 && private_names[number]) {
        return private_names[number];
    }
    if (number >= SPURIOUS_FIRST && number <= SPURIOUS_LAST) {
        return "spurious";
    }
    return number < DEVICE_TREE_INTERRUPTS ? irqs->tree->names[number] : "";
}

static void acknowledged(void *opaque, uint64_t position, uint32_t number)
{
    struct irqs *irqs = opaque;
    bool spurious = number >= SPURIOUS_FIRST && number <= SPURIOUS_LAST;

    (void)position;
    /* Of the handlers that run, the innermost asks. */
    for (size_t i = irqs->count; i > 0; i--) {
        struct irq *irq = &irqs->list[i - 1];

        if (irq->duration != UINT64_MAX) {
            continue;
        }
        if (irq->number == UINT64_MAX) {
            irq->number = number;
        } else if (!spurious && irq->more_count < MORE_MAX) {
            irq->more[irq->more_count++] = number;
        }
        return;
    }
}

static void add_to(uint64_t value, uint64_t *sum, uint64_t *most, uint64_t *count)
{
    if (value != UINT64_MAX) {
        *sum += value;
        *most = value > *most ? value : *most;
        ++*count;
    }
}

static int count_irq(struct irqs *irqs, const struct irq *irq)
{
    size_t i = 0;
    struct device *devices;

    while (i < irqs->device_count && irqs->devices[i].number != irq->number) {
        i++;
    }
    if (i == irqs->device_count) {
        devices = realloc(irqs->devices, (i + 1) * sizeof(*devices));
        if (!devices) {
            return ebb_fail_memory(irqs->error);
        }
        irqs->devices = devices;
        devices[i] = (struct device){.number = irq->number};
        irqs->device_count++;
    }
    devices = &irqs->devices[i];
    devices->count++;
    add_to(irq->latency, &devices->latency, &devices->latency_max, &devices->latency_count);
    add_to(irq->duration, &devices->duration, &devices->duration_max, &devices->duration_count);
    return 0;
}

static void print_number(const struct irqs *irqs, uint64_t number)
{
    const char *name = name_of(irqs, number);

    if (number == UINT64_MAX) {
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
    if (irq->latency != UINT64_MAX) {
        printf(" latency %" PRIu64, irq->latency);
    }
    if (irq->duration != UINT64_MAX) {
        printf(" duration %" PRIu64, irq->duration);
    }
    printf(" in %s 0x%" PRIx64, exception_mode_name(irq->row.mode), irq->row.from_pc);
    printf(*where ? " %s\n" : "\n", where);
    return 0;
}

static void set_known(json_t *object, const char *name, uint64_t value)
{
    if (value != UINT64_MAX) {
        json_object_set_new(object, name, json_unsigned(value));
    }
}

static void set_number(const struct irqs *irqs, json_t *object, uint64_t number)
{
    const char *name = name_of(irqs, number);

    set_known(object, "number", number);
    if (*name) {
        json_object_set_new(object, "device", json_string(name));
    }
}

static json_t *describe_irq(struct irqs *irqs, const struct irq *irq)
{
    const char *where = locations_find(&irqs->question->locations, irq->row.from_pc);
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:o}", "position", json_unsigned(irq->row.position), "kind",
                  exception_kind_name(irq->row.exception), "mode",
                  exception_mode_name(irq->row.mode), "pc", json_hexadecimal(irq->row.from_pc));

    set_number(irqs, object, irq->number);
    if (irq->more_count) {
        json_t *more = json_array();

        for (unsigned i = 0; i < irq->more_count; i++) {
            json_array_append_new(more, json_unsigned(irq->more[i]));
        }
        json_object_set_new(object, "more", more);
    }
    set_known(object, "latency", irq->latency);
    set_known(object, "duration", irq->duration);
    if (where && *where) {
        json_object_set_new(object, "location", json_string(where));
    }
    return object;
}

static int emit(struct irqs *irqs, const struct irq *irq)
{
    struct question *question = irqs->question;

    if (irqs->by_device) {
        return count_irq(irqs, irq);
    }
    progress_clear(&question->progress);
    return question->json ? json_list_add(&question->list, describe_irq(irqs, irq), irqs->error)
                          : print_irq(irqs, irq);
}

/* Prints those that nothing more will be known of, up to the first of which more may. */
static int emit_ended(struct irqs *irqs, bool all)
{
    size_t done = 0;

    while (done < irqs->count && (all || irqs->list[done].duration != UINT64_MAX)) {
        if (emit(irqs, &irqs->list[done++])) {
            return -1;
        }
    }
    irqs->count -= done;
    if (done) {
        memmove(irqs->list, irqs->list + done, irqs->count * sizeof(*irqs->list));
    }
    return 0;
}

/* The input of the CPU that made it take the interrupt: a hypervisor's guest has the virtual one.
 */
static uint64_t latency_of(const struct irqs *irqs, const struct timeline_row *row)
{
    unsigned physical = row->exception == TIMELINE_EXCEPTION_FIQ, virtual = physical + 2;
    unsigned line = irqs->events.high[virtual] && row->level < 2 ? virtual : physical;

    return irqs->events.high[line] ? row->position - irqs->events.rose[line] : UINT64_MAX;
}

static int take(struct irqs *irqs, const struct timeline_row *row)
{
    size_t capacity = irqs->capacity ? irqs->capacity * 2 : 64;
    struct irq *list;

    if (irqs->count == irqs->capacity) {
        list = realloc(irqs->list, capacity * sizeof(*list));
        if (!list) {
            return ebb_fail_memory(irqs->error);
        }
        irqs->list = list;
        irqs->capacity = capacity;
    }
    irqs->list[irqs->count++] = (struct irq){
        .row = *row,
        .number = UINT64_MAX,
        .latency = latency_of(irqs, row),
        .duration = UINT64_MAX,
    };
    irqs->taken++;
    return 0;
}

static bool same_context(const struct timeline_row *a, const struct timeline_row *b)
{
    return a->from_pc == b->from_pc && a->stack == b->stack && a->space == b->space &&
           a->mode == b->mode;
}

/* A handler has returned to what it had interrupted, if it was one of an interrupt's. */
static int returned(struct irqs *irqs, const struct timeline_row *row)
{
    for (size_t i = irqs->count; i > 0; i--) {
        struct irq *irq = &irqs->list[i - 1];

        if (irq->duration == UINT64_MAX && same_context(&irq->row, row)) {
            irq->duration = row->position + 1 - irq->row.position;
            return emit_ended(irqs, false);
        }
    }
    return 0;
}

static int row_of(struct irqs *irqs, const struct timeline_row *row)
{
    bool entry = row->kind == TIMELINE_ROW_EXCEPTION;

    if (entry && row->exception != TIMELINE_EXCEPTION_IRQ &&
        row->exception != TIMELINE_EXCEPTION_FIQ) {
        return 0;
    }
    if (!entry) {
        return irq_events_go_behind(&irqs->events, row->position, irqs->error) ||
                       returned(irqs, row)
                   ? -1
                   : 0;
    }
    if (irq_events_go(&irqs->events, row->position, irqs->error)) {
        return -1;
    }
    if (row->position >= irqs->to) {
        return 0;
    }
    if (irqs->question->limit && irqs->taken >= irqs->question->limit) {
        irqs->enough = true;
        return 0;
    }
    irqs->question->last = row->position;
    return take(irqs, row);
}

static int row(void *opaque, const struct timeline_row *row)
{
    struct irqs *irqs = opaque;

    irqs->status = row_of(irqs, row);
    return irqs->status || ferror(stdout) ||
           (irqs->count == 0 && (irqs->enough || row->position >= irqs->to));
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

    set_number(irqs, object, device->number);
    if (device->latency_count) {
        set_known(object, "latency", mean(device->latency, device->latency_count));
        set_known(object, "latency_max", device->latency_max);
    }
    if (device->duration_count) {
        set_known(object, "duration", mean(device->duration, device->duration_count));
        set_known(object, "duration_max", device->duration_max);
        set_known(object, "duration_sum", device->duration);
    }
    return object;
}

static int by_number(const void *a, const void *b)
{
    uint64_t one = ((const struct device *)a)->number, other = ((const struct device *)b)->number;

    return (one > other) - (one < other);
}

static int print_devices(struct irqs *irqs)
{
    struct question *question = irqs->question;
    int status = 0;

    if (irqs->device_count) {
        qsort(irqs->devices, irqs->device_count, sizeof(*irqs->devices), by_number);
    }
    for (size_t i = 0; i < irqs->device_count && status == 0; i++) {
        const struct device *device = &irqs->devices[i];

        status = question->json
                     ? json_list_add(&question->list, describe_device(irqs, device), irqs->error)
                     : print_device(irqs, device);
    }
    return status;
}

/* What is asked for: interrupts up to --to. But handlers may return behind that. */
static int scan(struct irqs *irqs)
{
    struct question *question = irqs->question;
    struct timeline_scan_result result = {0};
    int status;

    irqs->to = question->scan.to;
    question->scan.to = timeline_end(question->timeline);
    /* At the recording's very end an interrupt may be entered that is of no position before. */
    irqs->to += irqs->to == question->scan.to;
    question->scan.row = row;
    question->scan.opaque = irqs;
    if (question->json) {
        json_list_begin(&question->list, stdout);
    }
    status = question_scan(question, &result, irqs->error);
    if (irqs->status == 0 && emit_ended(irqs, true) == 0 && irqs->by_device) {
        irqs->status = print_devices(irqs);
    }
    if (question->json) {
        json_list_end(&question->list);
    }
    if (irqs->enough && status == 0 && irqs->status == 0) {
        fprintf(stderr, "ebb: there may be more; --from %" PRIu64 " goes on\n", question->last + 1);
    }
    return status || irqs->status ? -1 : 0;
}

static int ask(struct irqs *irqs)
{
    struct question *question = irqs->question;

    irqs->tree = calloc(1, sizeof(*irqs->tree));
    if (!irqs->tree) {
        return ebb_fail_memory(irqs->error);
    }
    irqs->events.acknowledged = acknowledged;
    irqs->events.opaque = irqs;
    if (device_tree_read(irqs->tree, question->timeline, question->recording.manifest,
                         irqs->error) ||
        irq_events_open(&irqs->events, question->recording.log, question->recording.manifest,
                        irqs->error)) {
        return -1;
    }
    return scan(irqs);
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

    if (question_open(&question, arguments, error) == 0) {
        status = ask(&irqs);
    }
    irq_events_close(&irqs.events);
    free(irqs.tree);
    free(irqs.list);
    free(irqs.devices);
    question_close(&question);
    return status;
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
