/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "irq_list.h"

#include "exception_words.h"

#include <stdlib.h>
#include <string.h>

#define SPURIOUS_FIRST 1020u /* numbers that stand for no interrupt: up to 1023 */
#define SPURIOUS_LAST 1023u

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

/* The numbers of private interrupts are those of Arm's Base System Architecture, 3.6. */
const char *irq_list_name(const struct irq_list *irqs, uint64_t number)
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
    struct irq_list *irqs = opaque;
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
        } else if (!spurious && irq->more_count < IRQ_MORE_MAX) {
            irq->more[irq->more_count++] = number;
        }
        return;
    }
}

int irq_list_open(struct irq_list *irqs, struct question *question, struct ebb_error *error)
{
    const struct manifest *manifest = question->recording.manifest;

    irqs->tree = calloc(1, sizeof(*irqs->tree));
    if (!irqs->tree) {
        return ebb_fail_memory(error);
    }
    irqs->events.acknowledged = acknowledged;
    irqs->events.opaque = irqs;
    return device_tree_read(irqs->tree, question->timeline, manifest, error) ||
                   irq_events_open(&irqs->events, question->recording.log, manifest, error)
               ? -1
               : 0;
}

void irq_list_close(struct irq_list *irqs)
{
    irq_events_close(&irqs->events);
    free(irqs->tree);
    free(irqs->list);
}

bool irq_is_entered(const struct timeline_row *row)
{
    return row->exception == TIMELINE_EXCEPTION_IRQ || row->exception == TIMELINE_EXCEPTION_FIQ;
}

int irq_list_reach(struct irq_list *irqs, const struct timeline_row *row, struct ebb_error *error)
{
    return row->kind == TIMELINE_ROW_EXCEPTION
               ? irq_events_go(&irqs->events, row->position, error)
               : irq_events_go_behind(&irqs->events, row->position, error);
}

/* The input of the CPU that made it take the interrupt: a hypervisor's guest has the virtual one.
 */
static uint64_t latency_of(const struct irq_list *irqs, const struct timeline_row *row)
{
    unsigned physical = row->exception == TIMELINE_EXCEPTION_FIQ, virtual = physical + 2;
    unsigned line = irqs->events.high[virtual] && row->level < 2 ? virtual : physical;

    return irqs->events.high[line] ? row->position - irqs->events.rose[line] : UINT64_MAX;
}

int irq_list_enter(struct irq_list *irqs, const struct timeline_row *row, struct ebb_error *error)
{
    size_t capacity = irqs->capacity ? irqs->capacity * 2 : 64;
    struct irq *list;

    if (irqs->count == irqs->capacity) {
        list = realloc(irqs->list, capacity * sizeof(*list));
        if (!list) {
            return ebb_fail_memory(error);
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
    return 0;
}

static bool same_context(const struct timeline_row *a, const struct timeline_row *b)
{
    return a->from_pc == b->from_pc && a->stack == b->stack && a->space == b->space &&
           a->mode == b->mode;
}

struct irq *irq_list_return(struct irq_list *irqs, const struct timeline_row *row)
{
    for (size_t i = irqs->count; i > 0; i--) {
        struct irq *irq = &irqs->list[i - 1];

        if (irq->duration == UINT64_MAX && same_context(&irq->row, row)) {
            irq->duration = row->position + 1 - irq->row.position;
            return irq;
        }
    }
    return NULL;
}

void irq_list_remove(struct irq_list *irqs, size_t first, size_t count)
{
    irqs->count -= count;
    if (count) {
        memmove(irqs->list + first, irqs->list + first + count,
                (irqs->count - first) * sizeof(*irqs->list));
    }
}

void irq_set_known(json_t *object, const char *name, uint64_t value)
{
    if (value != UINT64_MAX) {
        json_object_set_new(object, name, json_unsigned(value));
    }
}

void irq_list_set_number(const struct irq_list *irqs, json_t *object, uint64_t number)
{
    const char *name = irq_list_name(irqs, number);

    irq_set_known(object, "number", number);
    if (*name) {
        json_object_set_new(object, "device", json_string(name));
    }
}

json_t *irq_list_describe(const struct irq_list *irqs, struct locations *locations,
                          const struct irq *irq)
{
    const char *where = locations_find(locations, irq->row.from_pc);
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:o}", "position", json_unsigned(irq->row.position), "kind",
                  exception_kind_name(irq->row.exception), "mode",
                  exception_mode_name(irq->row.mode), "pc", json_hexadecimal(irq->row.from_pc));

    irq_list_set_number(irqs, object, irq->number);
    if (irq->more_count) {
        json_t *more = json_array();

        for (unsigned i = 0; i < irq->more_count; i++) {
            json_array_append_new(more, json_unsigned(irq->more[i]));
        }
        json_object_set_new(object, "more", more);
    }
    irq_set_known(object, "latency", irq->latency);
    irq_set_known(object, "duration", irq->duration);
    if (where && *where) {
        json_object_set_new(object, "location", json_string(where));
    }
    return object;
}
