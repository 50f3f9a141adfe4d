/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits of the guest that it could not see, and what they did to the exclusive monitor.
 *
 * The count of an exit says where it was, to the instruction, as long as the drift is known, and
 * the PC says whether it is. What else KVM emulates between two anchors makes an exit of its own,
 * so the drift stays known. An exit whose PC is not met shows that it is not; then the next ones
 * are looked for a little more widely. One that is met then may have been so in a wrong place: that
 * is believed when the next one is met where it lets expect it.
 *
 * An exit behind a store that KVM kept is in the log in front of it, since nobody knows when the
 * store was. It is not met, and tells nothing.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "target/arm/syndrome.h"
#include "ebb/position.h"
#include "clears.h"
#include "events.h"
#include "resolve_exits.h"
#include "resolve_step.h"
#include "resolve_traps.h"
#include "vcpu.h"

/* How far from its expected place an exit may be: before it, since an instruction that traps lazily
 * is counted twice; behind it, since a breakpoint or hypercall may not have been counted. */
#define BEFORE 1u
#define BEHIND 2u
#define WIDE 32u

/* True for classes of exceptions whose instruction KVM emulates: it does not retire. */
static bool is_emulated(uint64_t class)
{
    switch (class) {
    case EC_WFX_TRAP:
    case EC_CP15RTTRAP:
    case EC_CP15RRTTRAP:
    case EC_CP14RTTRAP:
    case EC_CP14DTTRAP:
    case EC_FPIDTRAP:
    case EC_CP14RRTTRAP:
    case EC_AA32_SMC:
    case EC_AA64_SMC:
    case EC_SYSTEMREGISTERTRAP:
        return true;
    default:
        return false;
    }
}

static bool is_skipped(struct worker *worker, uint64_t event)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t i;

    for (i = 0; i < resolution->request->override_count; i++) {
        const struct worker_override *override = &resolution->overrides[i];

        if (override->kind == WORKER_SKIP_EXITS && event >= override->event &&
            event < override->position) {
            return true;
        }
    }
    return false;
}

/* As of worker_resolve_traps_discount(). */
static uint64_t expected_place(struct worker *worker, const struct ebb_event *event)
{
    const struct worker_progress *progress = &worker->kvm.progress;

    return event->position + progress->drift + progress->accesses +
           (progress->counter_cost ? progress->counters : 0);
}

/* Goes to a position, less traps. False if the guest does not get there before the event is passed
 * by, or must not. */
static bool go_to(struct worker *worker, uint64_t event_number, uint64_t place)
{
    struct worker_resolution *resolution = worker->kvm.resolution;
    uint64_t here;

    while ((here = worker_resolve_traps_discount(worker)) < place) {
        resolution->interrupted = worker_resolve_step_stop_requested(worker);
        if (resolution->interrupted || worker_resolve_step_is_stuck(worker)) {
            return false;
        }
        worker_resolve_step_by(worker, place - here);
        if (worker->events.next_number != event_number) {
            return false;
        }
    }
    return true;
}

static bool is_here(struct worker *worker, const struct ebb_event *event)
{
    if (worker_pc(worker) != event->address) {
        worker_vcpu_take_interrupt(worker);
    }
    return worker_pc(worker) == event->address;
}

static bool go_on(struct worker *worker, uint64_t event_number)
{
    uint64_t position = ebb_position_now();

    if (worker_resolve_step_is_stuck(worker)) {
        return false;
    }
    worker_resolve_step_by(worker, 1);
    return worker->events.next_number == event_number && ebb_position_now() > position;
}

/* Looks at the places around the expected one. */
static bool find(struct worker *worker, const struct ebb_event *event, uint64_t expected)
{
    uint64_t number = worker->events.next_number;
    bool lost = worker->kvm.progress.trust == EXITS_LOST;
    uint64_t before = lost ? WIDE : BEFORE, last = expected + (lost ? WIDE : BEHIND);

    if (!go_to(worker, number, expected < before ? 0 : expected - before)) {
        return false;
    }
    while (worker_resolve_traps_discount(worker) <= last) {
        if (is_here(worker, event)) {
            return true;
        }
        if (!go_on(worker, number)) {
            return false;
        }
    }
    return false;
}

/* The exit is here; it was expected there. */
static void pass(struct worker *worker, const struct ebb_event *event, uint64_t expected)
{
    struct worker_progress *progress = &worker->kvm.progress;

    progress->drift += (int64_t)(worker_resolve_traps_discount(worker) - expected);
    progress->exit_next = is_emulated(event->value) ? ebb_position_now() + 1 : 0;
    if (progress->trust == EXITS_LOST) {
        progress->trust = EXITS_DOUBTED;
    } else {
        progress->trust = EXITS_TRUSTED;
        worker_clears_find(worker, ebb_position_now(), worker_pc(worker));
    }
}

void worker_resolve_exits_miss(struct worker *worker, const struct ebb_event *event)
{
    worker->kvm.progress.drift += is_emulated(event->value);
}

uint32_t worker_resolve_exits_pass(struct worker *worker, const struct ebb_event *event)
{
    struct worker_progress *progress = &worker->kvm.progress;
    uint64_t number = worker->events.next_number, expected = expected_place(worker, event);

    if (!is_skipped(worker, number)) {
        if (find(worker, event, expected)) {
            pass(worker, event, expected);
        } else if (worker->kvm.resolution->interrupted) {
            return WORKER_RESOLVE_INTERRUPTED;
        } else if (worker->events.next_number == number || !worker->kvm.resolution->overtaken) {
            progress->trust = EXITS_LOST;
            worker->kvm.resolution->result->astray++;
        }
    }
    if (worker->events.next_number == number) {
        worker_resolve_exits_miss(worker, event);
        worker_events_advance(worker, ebb_position_now());
    }
    return 0;
}
