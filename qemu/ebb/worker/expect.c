/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "apply.h"
#include "divergence.h"
#include "events.h"
#include "expect.h"

const struct ebb_event *worker_expect(struct worker *worker, enum ebb_event_kind kind,
                                      uint64_t position, uint64_t address, uint32_t size,
                                      const uint64_t *value)
{
    bool positions_count = !worker->kvm.unresolved;
    const struct ebb_event *event;

    worker->mode->expecting(worker, position);
    worker_apply_nested(worker, position);
    event = worker_events_peek(worker);
    if (worker_diverged(worker)) {
        return NULL;
    }
    if (event && event->kind == kind && (!positions_count || event->position == position) &&
        event->address == address && event->size == size && (!value || event->value == *value)) {
        return event;
    }
    if (worker->mode->passed_by(worker, event)) {
        return NULL;
    }
    if (value) {
        worker_diverge(worker, position, "%s, address 0x%" PRIx64 ", %u bytes, value 0x%" PRIx64,
                       ebb_event_kind_name(kind), address, size, *value);
    } else {
        worker_diverge(worker, position, "%s, address 0x%" PRIx64 ", %u bytes",
                       ebb_event_kind_name(kind), address, size);
    }
    return NULL;
}
