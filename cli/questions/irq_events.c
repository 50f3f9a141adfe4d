/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "irq_events.h"

#include "cli/device_name.h"
#include "cli/register_name.h"

#include <string.h>

/* GICv2's CPU interface (Arm IHI 0048, table 4-2), which is the larger of its kinds of regions, and
 * the virtual one (table 5-9). */
#define CPU_INTERFACE_LEAST 0x1001u /* bytes */
#define GICC_IAR 0x0cu
#define GICC_AIAR 0x20u
#define GICC_NUMBER 0x3ffu
#define ICC_NUMBER 0xffffffu

static int read_next(struct irq_events *events, struct ebb_error *error)
{
    struct ebb_error problem;
    int status = ebb_cursor_next(events->cursor, &events->next, &problem);

    events->have_next = status > 0;
    events->lost = status < 0 && problem.kind == EBB_ERROR_CORRUPT;
    if (status < 0 && !events->lost) {
        *error = problem;
        return -1;
    }
    return 0;
}

/* The last keyframe up to a position, or else the first one. */
static int find_keyframe(const struct ebb_log *log, uint64_t position,
                         struct ebb_keyframe *keyframe, struct ebb_error *error)
{
    struct ebb_log_summary summary;
    uint64_t low, high;

    ebb_log_summary(log, &summary);
    low = summary.first_keyframe;
    high = summary.keyframe_count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (ebb_log_keyframe(log, middle, keyframe, error) < 0) {
            return -1;
        }
        *(keyframe->position <= position ? &low : &high) = middle;
    }
    return ebb_log_keyframe(log, low, keyframe, error);
}

/* Goes on behind damage, if there is a keyframe between that and the position. Returns 1 if so, 0
 * if not, or -1. */
static int leave_damage(struct irq_events *events, uint64_t position, struct ebb_error *error)
{
    struct ebb_keyframe keyframe;

    if (find_keyframe(events->log, position, &keyframe, error) < 0) {
        return -1;
    }
    if (keyframe.event_number <= events->number) {
        return 0;
    }
    memset(events->high, 0, sizeof(events->high));
    events->number = keyframe.event_number;
    return ebb_cursor_seek_event(events->cursor, events->number, error) || read_next(events, error)
               ? -1
               : 1;
}

static bool is_before(const struct irq_events *events, uint64_t position, bool behind)
{
    const struct ebb_event *next = &events->next;

    return events->have_next &&
           (next->position < position ||
            (next->position == position && (behind || (ebb_event_is_asynchronous(next) &&
                                                       !(next->flags & EBB_EVENT_AFTER_ENTRY)))));
}

int irq_events_open(struct irq_events *events, const struct ebb_log *log,
                    const struct manifest *manifest, struct ebb_error *error)
{
    struct ebb_log_summary summary;

    ebb_log_summary(log, &summary);
    events->manifest = manifest;
    events->log = log;
    events->number = summary.first_event;
    events->cursor = ebb_cursor_new(log, error);
    return events->cursor ? read_next(events, error) : -1;
}

void irq_events_close(struct irq_events *events)
{
    ebb_cursor_free(events->cursor);
}

static void line_changed(struct irq_events *events, const struct ebb_event *event)
{
    /* One that rises inside of an instruction is first high in front of the next. */
    bool nested = event->flags & EBB_EVENT_NESTED;

    if (event->address >= IRQ_EVENTS_LINES) {
        return;
    }
    if (event->value && !events->high[event->address]) {
        events->rose[event->address] = event->position + nested;
    }
    events->high[event->address] = event->value;
}

static bool is_gic_register(const struct irq_events *events, uint64_t address)
{
    const struct manifest_device *device = device_name_at(events->manifest, address);

    return device && strcmp(device->name, "arm_gic") == 0 && device->size >= CPU_INTERFACE_LEAST &&
           (address - device->address == GICC_IAR || address - device->address == GICC_AIAR);
}

static bool is_gic_system_register(uint64_t id)
{
    char name[REGISTER_NAME_SIZE];

    register_name_of(id, name);
    return strncmp(name, "ICC_IAR0", 8) == 0 || strncmp(name, "ICC_IAR1", 8) == 0 ||
           strncmp(name, "ICC_NMIAR1", 10) == 0;
}

static void pass(struct irq_events *events)
{
    const struct ebb_event *event = &events->next;

    if (event->kind == EBB_EVENT_INTERRUPT_LINE) {
        line_changed(events, event);
    } else if (event->kind == EBB_EVENT_RESET) {
        memset(events->high, 0, sizeof(events->high));
    } else if (event->kind == EBB_EVENT_MMIO_READ && !(event->flags & EBB_EVENT_FAILED) &&
               is_gic_register(events, event->address)) {
        events->acknowledged(events->opaque, (uint32_t)event->value & GICC_NUMBER);
    } else if (event->kind == EBB_EVENT_SYSREG_READ && !(event->flags & EBB_EVENT_FAILED) &&
               is_gic_system_register(event->address)) {
        events->acknowledged(events->opaque, (uint32_t)event->value & ICC_NUMBER);
    }
}

static int go(struct irq_events *events, uint64_t position, bool behind, struct ebb_error *error)
{
    int status;

    do {
        while (is_before(events, position, behind)) {
            pass(events);
            events->number++;
            if (read_next(events, error)) {
                return -1;
            }
        }
        status = events->lost ? leave_damage(events, position, error) : 0;
    } while (status > 0);
    return status;
}

int irq_events_go(struct irq_events *events, uint64_t position, struct ebb_error *error)
{
    return go(events, position, false, error);
}

int irq_events_go_behind(struct irq_events *events, uint64_t position, struct ebb_error *error)
{
    return go(events, position, true, error);
}
