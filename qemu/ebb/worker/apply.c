/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "apply.h"
#include "breakpoints.h"
#include "counter_page.h"
#include "divergence.h"
#include "events.h"
#include "map.h"
#include "ram.h"
#include "rows.h"

/* Inputs of the CPU that a recording may move: ARM_CPU_IRQ up to ARM_CPU_VINMI. */
#define CPU_INPUT_COUNT 6u

static void apply_line(struct worker *worker, const struct ebb_event *event)
{
    if (event->address >= CPU_INPUT_COUNT) {
        worker_diverge(worker, event->position, "the log moves CPU input %" PRIu64 ", of %u",
                       event->address, CPU_INPUT_COUNT);
        return;
    }
    qemu_set_irq(qdev_get_gpio_in(DEVICE(worker->cpu), event->address), event->value & 1);
}

static void apply_dma(struct worker *worker, const struct ebb_event *event)
{
    uint64_t size = worker->manifest->ram_size;

    if (event->address > size || event->data_length > size - event->address) {
        worker_diverge(worker, event->position,
                       "the log has DMA to RAM offset 0x%" PRIx64 ", which is outside of RAM",
                       event->address);
        return;
    }
    if (event->data_length) {
        worker_rows_device_writes(worker, event->address, event->data_length);
        worker_ram_write(worker, event->address, event->data, event->data_length);
        worker_counter_page_written(worker, event->address, event->data_length);
        worker_breakpoints_device_wrote(worker, event->address, event->data_length,
                                        event->flags & EBB_EVENT_NESTED);
    }
}

void worker_apply_event(struct worker *worker, const struct ebb_event *event)
{
    struct ebb_error error;

    switch (event->kind) {
    case EBB_EVENT_INTERRUPT_LINE:
        apply_line(worker, event);
        break;
    case EBB_EVENT_DMA:
        apply_dma(worker, event);
        break;
    case EBB_EVENT_MEMORY_MAP:
        if (worker_map_apply_event(worker, event, worker->events.next_number, &error)) {
            worker_diverge(worker, event->position, "%s", error.message);
        }
        break;
    case EBB_EVENT_CONSOLE:
    case EBB_EVENT_EXIT:
    case EBB_EVENT_TRAP:
        break;
    default:
        worker_diverge(worker, event->position, "the log has an event of unknown kind %u",
                       event->kind);
    }
}

void worker_apply_nested(struct worker *worker, uint64_t position)
{
    const struct ebb_event *event = worker_events_peek(worker);

    while (event && (event->flags & EBB_EVENT_NESTED) && !worker_diverged(worker)) {
        worker_apply_event(worker, event);
        worker_events_advance(worker, position);
        event = worker_events_peek(worker);
    }
}
