/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "irq_list.h"

#include "exception_words.h"

#include <stdlib.h>
#include <string.h>

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
    if (irq_is_spurious(number)) {
        return "spurious";
    }
    return number < DEVICE_TREE_INTERRUPTS ? irqs->tree->names[number] : "";
}

static void acknowledged(void *opaque, uint32_t number)
{
    struct irq_list *irqs = opaque;

    irq_queue_acknowledged(&irqs->queue, number);
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
    irq_queue_free(&irqs->queue);
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

    return irqs->events.high[line] ? row->position - irqs->events.rose[line] : IRQ_UNKNOWN;
}

int irq_list_enter(struct irq_list *irqs, const struct timeline_row *row, struct ebb_error *error)
{
    return irq_queue_add(&irqs->queue, row, latency_of(irqs, row), error);
}

const struct irq *irq_list_return(struct irq_list *irqs, const struct timeline_row *row)
{
    return irq_queue_returned(&irqs->queue, row);
}

const struct irq *irq_list_take(struct irq_list *irqs, bool all)
{
    return irq_queue_take(&irqs->queue, all);
}

void irq_list_forget(struct irq_list *irqs, const struct irq *irq)
{
    irq_queue_forget(&irqs->queue, irq);
}

bool irq_list_is_empty(const struct irq_list *irqs)
{
    return irq_queue_is_empty(&irqs->queue);
}

void irq_set_known(json_t *object, const char *name, uint64_t value)
{
    if (value != IRQ_UNKNOWN) {
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
    locations_set(locations, object, irq->row.from_pc);
    return object;
}
