/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log, as the worker consumes it: the next event, and how far it is to the next interruption.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "internals.h"
#include "ebb/position.h"
#include "worker.h"

/* Inputs of the CPU that a recording may move: ARM_CPU_IRQ up to ARM_CPU_VINMI. */
#define CPU_INPUT_COUNT 6u

static void read_next(struct worker *worker)
{
    struct worker_events *events = &worker->events;
    struct ebb_error error;
    int result = ebb_cursor_next(events->cursor, &events->next, &error);

    events->have_next = result == 1;
    if (result < 0) {
        worker_diverge(worker, ebb_position_now(), "the log could not be read: %s", error.message);
    }
}

static void look_ahead(struct worker_events *events)
{
    struct ebb_event event;

    events->ahead_number = ebb_cursor_event_number(events->lookahead);
    if (ebb_cursor_next(events->lookahead, &event, NULL) == 1) {
        events->ahead_position = event.position;
        events->ahead_async = ebb_event_is_asynchronous(&event);
    } else {
        events->ahead_position = UINT64_MAX;
    }
}

int worker_events_open(struct worker *worker, const struct worker_options *options,
                       struct ebb_error *error)
{
    struct worker_events *events = &worker->events;
    struct ebb_log_summary summary;

    events->log = options->resolve ? ebb_log_open_unresolved(options->recording, error)
                                   : ebb_log_open(options->recording, error);
    if (!events->log) {
        return -1;
    }
    ebb_log_summary(events->log, &summary);
    worker->kvm.unresolved = summary.counts && (options->resolve || !summary.resolved);
    events->end_position = summary.end_position;
    events->event_count = summary.event_count;
    events->cursor = ebb_cursor_new(events->log, error);
    events->lookahead = ebb_cursor_new(events->log, error);
    return events->cursor && events->lookahead ? 0 : -1;
}

int worker_events_seek(struct worker *worker, uint64_t event_number, struct ebb_error *error)
{
    struct worker_events *events = &worker->events;

    if (ebb_cursor_seek_event(events->cursor, event_number, error) ||
        ebb_cursor_seek_event(events->lookahead, event_number, error)) {
        return -1;
    }
    events->next_number = event_number;
    read_next(worker);
    look_ahead(events);
    return 0;
}

const struct ebb_event *worker_events_peek(struct worker *worker)
{
    return worker->events.have_next ? &worker->events.next : NULL;
}

void worker_events_advance(struct worker *worker, uint64_t position)
{
    struct ebb_event consumed = worker->events.next;

    worker->events.next_number++;
    read_next(worker);
    if (worker->kvm.active && ebb_event_is_synchronous(&consumed)) {
        arm_clear_exclusive(&worker->cpu->env); /* KVM has entered the guest anew */
    }
    if (worker->kvm.resolution) {
        worker_resolve_consumed(worker, &consumed, position);
    }
}

uint64_t worker_events_next_async(struct worker *worker, uint64_t limit)
{
    struct worker_events *events = &worker->events;

    /* Stretches without asynchronous events can be millions of events long: look no farther than
     * needed. */
    while (events->ahead_position < limit &&
           (!events->ahead_async || events->ahead_number < events->next_number)) {
        look_ahead(events);
    }
    return MIN(events->ahead_position, limit);
}

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
        worker_ram_write(worker, event->address, event->data, event->data_length);
        worker_watch_device_write(worker, event->address, event->data_length,
                                  event->flags & EBB_EVENT_NESTED);
    }
}

void worker_events_apply(struct worker *worker, const struct ebb_event *event)
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
        break;
    default:
        worker_diverge(worker, event->position, "the log has an event of unknown kind %u",
                       event->kind);
    }
}
