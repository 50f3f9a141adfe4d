/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolving: finding the positions of a KVM recording's events. Synchronous events are met where
 * the guest causes them, anchors and exits are looked for; all others happen where the guest is
 * then.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "ebb/position.h"
#include "apply.h"
#include "divergence.h"
#include "events.h"
#include "resolve.h"
#include "resolve_anchor.h"
#include "resolve_exclusives.h"
#include "resolve_exits.h"
#include "resolve_step.h"
#include "resolve_traps.h"
#include "vcpu.h"

const uint64_t *worker_resolve_positions(struct worker *worker)
{
    return (const uint64_t *)worker->kvm.positions->data;
}

const struct worker_exclusive *worker_resolve_cleared(struct worker *worker)
{
    return (const struct worker_exclusive *)worker->kvm.cleared->data;
}

/* True if the next event comes by itself while the guest runs. */
static bool next_is_synchronous(struct worker *worker)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return event && !ebb_event_is_asynchronous(event);
}

static bool has_enough(struct worker *worker)
{
    return worker->events.next_number >= worker->kvm.resolution->request->until_event ||
           worker->kvm.positions->len >= WORKER_MAX_RESOLVED;
}

/* An access to a device never retires. Where counts are exact it tells the drift, but for its own
 * part. */
static void note_access(struct worker *worker, const struct ebb_event *event, uint64_t position)
{
    struct worker_progress *progress = &worker->kvm.progress;

    if (worker->kvm.exact_counts && !(event->flags & EBB_EVENT_COALESCED)) {
        progress->drift = (int64_t)(position - event->position);
        progress->accesses = progress->counters = progress->calls = progress->traps = 0;
        progress->trust = EXITS_TRUSTED;
    }
    progress->accesses++;
}

static void consumed(struct worker *worker, const struct ebb_event *event, uint64_t position)
{
    struct worker_progress *progress = &worker->kvm.progress;

    g_array_append_val(worker->kvm.positions, position);
    switch (event->kind) {
    case EBB_EVENT_MMIO_READ:
    case EBB_EVENT_MMIO_WRITE:
        note_access(worker, event, position);
        break;
    case EBB_EVENT_SYSREG_READ:
        progress->counters++;
        break;
    case EBB_EVENT_HYPERCALL:
        progress->calls++;
        break;
    case EBB_EVENT_TRAP:
        worker_resolve_traps_add(worker, event);
        break;
    }
    if (!ebb_event_is_asynchronous(event) && (has_enough(worker) || !next_is_synchronous(worker))) {
        cpu_exit(CPU(worker->cpu)); /* stops behind the instruction */
    }
}

/* Exits that were expected behind this place, if only a little. */
static void expecting(struct worker *worker, uint64_t position)
{
    const struct ebb_event *event = worker_events_peek(worker);

    while (event && (event->kind == EBB_EVENT_EXIT || event->kind == EBB_EVENT_TRAP)) {
        if (event->kind == EBB_EVENT_EXIT) {
            worker_resolve_exits_miss(worker, event);
        }
        worker_events_advance(worker, position);
        event = worker_events_peek(worker);
    }
    worker->kvm.resolution->overtaken = event && event->flags & EBB_EVENT_COALESCED;
}

/* An anchor that the guest has gone past is what is being looked for. */
static bool passed_by(struct worker *worker, const struct ebb_event *next)
{
    if (!next || next->kind != EBB_EVENT_ANCHOR) {
        return false;
    }
    worker->kvm.resolution->passed_by = true;
    worker->kvm.resolution->passed_at = ebb_position_of_instruction();
    cpu_exit(CPU(worker->cpu));
    return true;
}

static bool looks_at(struct worker *worker, vaddr address)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;

    return (resolution->searching && resolution->pc == address) ||
           worker_resolve_traps_looks_at(worker, address) ||
           worker_resolve_exclusives_looks_at(worker, address);
}

static bool stops_at(struct worker *worker, uint64_t pc)
{
    const struct worker_resolution *resolution = worker->kvm.resolution;

    return resolution->searching && resolution->pc == pc && !resolution->ignore;
}

static bool reached(struct worker *worker, const struct worker_hit *hit)
{
    if (stops_at(worker, hit->pc)) {
        return true; /* it comes here again when it is executed */
    }
    worker_resolve_traps_reached(worker, hit->moment.position, hit->pc);
    worker_resolve_exclusives_reached(worker, hit->moment.position, hit->pc);
    return false;
}

static const struct worker_mode resolve_mode = {
    .consumed = consumed,
    .expecting = expecting,
    .passed_by = passed_by,
    .looks_at = looks_at,
    .reached = reached,
    .stops_at = stops_at,
};

/* Asynchronous ones take effect where the guest is now; resets and the end have none. */
static void apply(struct worker *worker, const struct ebb_event *event)
{
    if (event->flags & EBB_EVENT_AFTER_ENTRY) {
        worker_vcpu_take_interrupt(worker);
    }
    if (event->kind != EBB_EVENT_RESET && event->kind != EBB_EVENT_END) {
        worker_apply_event(worker, event);
    }
    worker_events_advance(worker, ebb_position_now());
}

static uint32_t run_to_event(struct worker *worker, uint64_t limit)
{
    if (worker_vcpu_is_asleep(worker)) {
        worker_diverge(worker, ebb_position_now(), "the CPU waits for an interrupt");
        return WORKER_RESOLVE_DIVERGED;
    }
    worker_resolve_step_on(worker, limit);
    return 0;
}

/* Why to stop between two events; 0 to go on. */
static uint32_t reason_to_stop(struct worker *worker, const struct worker_resolve *request)
{
    const struct ebb_event *event = worker_events_peek(worker);

    if (worker_diverged(worker)) {
        return WORKER_RESOLVE_DIVERGED;
    }
    if (worker->events.next_number >= request->until_event || !event) {
        return WORKER_RESOLVE_DONE;
    }
    if (has_enough(worker) ||
        (ebb_position_now() >= request->limit &&
         (!ebb_event_is_asynchronous(event) || ebb_event_kind_has_place(event->kind)))) {
        return WORKER_RESOLVE_LIMIT;
    }
    return worker_resolve_step_stop_requested(worker) ? WORKER_RESOLVE_INTERRUPTED : 0;
}

static uint32_t resolve_until_stop(struct worker *worker, const struct worker_resolve *request)
{
    uint32_t reason;

    while (!(reason = reason_to_stop(worker, request))) {
        struct ebb_event event = *worker_events_peek(worker);

        if (!ebb_event_is_asynchronous(&event)) {
            reason = run_to_event(worker, request->limit);
        } else if (event.kind == EBB_EVENT_ANCHOR) {
            reason = worker_resolve_anchor_find(worker, &event);
        } else if (event.kind == EBB_EVENT_EXIT) {
            reason = worker_resolve_exits_pass(worker, &event);
        } else {
            apply(worker, &event);
        }
        if (reason) {
            break;
        }
    }
    return reason;
}

static int compare_positions(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* The positions of the request's clears, going up. */
static uint64_t *sorted_clears(const struct worker_resolve *request,
                               const struct worker_override *overrides, size_t *count)
{
    uint64_t *clears = g_new0(uint64_t, request->override_count + 1);
    uint64_t i;

    *count = 0;
    for (i = 0; i < request->override_count; i++) {
        if (overrides[i].kind == WORKER_CLEAR_EXCLUSIVE) {
            clears[(*count)++] = overrides[i].position;
        }
    }
    qsort(clears, *count, sizeof(*clears), compare_positions);
    return clears;
}

static int check(struct worker *worker, const struct worker_resolve *request,
                 struct ebb_error *error)
{
    if (!worker->kvm.active || !worker->kvm.unresolved || worker->diversion) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there are no positions to be found in this recording%s",
                        worker->diversion ? "'s diversion" : "");
    }
    if (request->until_event > worker->events.event_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the recording has %" PRIu64 " events, fewer than %" PRIu64,
                        worker->events.event_count, request->until_event);
    }
    return 0;
}

int worker_resolve(struct worker *worker, const struct worker_resolve *request,
                   const struct worker_override *overrides, struct worker_resolved *resolved,
                   struct ebb_error *error)
{
    struct worker_resolution resolution = {request, overrides, resolved};
    const struct worker_mode *usual = worker->mode;
    g_autofree uint64_t *clears = NULL;

    if (check(worker, request, error)) {
        return -1;
    }
    memset(resolved, 0, sizeof(*resolved));
    if (!worker->kvm.positions) {
        worker->kvm.positions = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        worker->kvm.cleared = g_array_new(FALSE, FALSE, sizeof(struct worker_exclusive));
    }
    g_array_set_size(worker->kvm.positions, 0);
    g_array_set_size(worker->kvm.cleared, 0);
    worker_resolve_exclusives_list(worker, request->flags & WORKER_RESOLVE_LIST_EXCLUSIVES);
    clears = sorted_clears(request, overrides, &worker->kvm.clear_count);
    worker->kvm.clears = clears;
    worker->kvm.resolution = &resolution;
    worker->mode = &resolve_mode;
    worker_resolve_traps_begin(worker);
    resolved->reason = resolve_until_stop(worker, request);
    worker->mode = usual;
    worker->kvm.resolution = NULL;
    worker->kvm.clears = NULL;
    worker->kvm.clear_count = 0;
    clockwork_load(&worker->clockwork, moment_arrived(ebb_position_now()));
    resolved->position = worker_diverged(worker) ? worker->diverged_position : ebb_position_now();
    resolved->pc = worker_pc(worker);
    resolved->event_number = worker->events.next_number;
    resolved->event_count = worker->kvm.positions->len;
    resolved->exclusive_count = worker_resolve_exclusives_count(worker);
    resolved->clear_count = worker->kvm.cleared->len;
    resolved->report_length = worker->report->len;
    return 0;
}
