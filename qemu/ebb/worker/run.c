/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running guest code to an exact moment: QEMU's CPU as a machine for the clockwork, which decides
 * what comes next (protocol/clockwork.h).
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "ebb/position.h"
#include "anchor.h"
#include "apply.h"
#include "clears.h"
#include "divergence.h"
#include "breakpoints.h"
#include "events.h"
#include "rows.h"
#include "run.h"
#include "vcpu.h"

/* Instructions between two looks at the stop request: some milliseconds. */
#define SLICE 1000000u

static uint64_t position(void *opaque)
{
    return ebb_position_now();
}

static uint64_t pc(void *opaque)
{
    return worker_pc(opaque);
}

static void execute(void *opaque, uint64_t instructions)
{
    struct worker *worker = opaque;

    worker_vcpu_execute(worker, instructions);
    worker_rows_complete(worker);
    qatomic_set(&worker->control->position, ebb_position_now());
    worker_give_sign(worker);
}

static void take_interrupt(void *opaque)
{
    worker_vcpu_take_interrupt(opaque);
}

static const struct ebb_event *next_event(void *opaque)
{
    return worker_events_peek(opaque);
}

static uint64_t next_number(void *opaque)
{
    return ((struct worker *)opaque)->events.next_number;
}

static void check_anchor(struct worker *worker, const struct ebb_event *event)
{
    if (worker_anchor_is_here(worker, event)) {
        worker_anchor_pass(worker);
    } else {
        worker_diverge(worker, event->position, "other registers");
    }
}

static void apply(void *opaque)
{
    struct worker *worker = opaque;
    const struct ebb_event *event = worker_events_peek(worker);

    if (event->kind == EBB_EVENT_ANCHOR) {
        check_anchor(worker, event);
    } else {
        worker_apply_event(worker, event);
    }
    worker_events_advance(worker, ebb_position_now());
}

static uint64_t quiet_until(void *opaque, uint64_t from, uint64_t limit)
{
    struct worker *worker = opaque;

    limit = worker_rows_next_sample(worker, from, limit);
    return worker_events_next_async(worker, worker_clears_next(worker, from, limit));
}

static void settled(void *opaque)
{
    worker_clears_apply(opaque, ebb_position_now());
    worker_breakpoints_settled(opaque, ebb_position_now());
}

static bool note(void *opaque, const struct worker_hit *hit)
{
    return worker_rows_note(opaque, hit);
}

static bool asleep(void *opaque)
{
    return worker_vcpu_is_asleep(opaque);
}

static bool stop_requested(void *opaque)
{
    return worker_stop_requested(opaque);
}

static bool diverged(void *opaque)
{
    return worker_diverged(opaque);
}

static void diverge(void *opaque, uint64_t position, const char *what)
{
    worker_diverge(opaque, position, "%s", what);
}

static const struct clockwork_machine machine = {
    .position = position,
    .pc = pc,
    .execute = execute,
    .take_interrupt = take_interrupt,
    .next_event = next_event,
    .next_number = next_number,
    .apply = apply,
    .quiet_until = quiet_until,
    .settled = settled,
    .note = note,
    .asleep = asleep,
    .stop_requested = stop_requested,
    .diverged = diverged,
    .diverge = diverge,
};

void worker_run_init(struct worker *worker)
{
    worker->clockwork = (struct clockwork){
        .machine = &machine,
        .opaque = worker,
        .end_position = worker->events.end_position,
        /* KVM gave the CPU back before it entered an interrupt that was pending. */
        .keeps_last_interrupt = worker->manifest->kvm,
        .slice = SLICE,
    };
}

static int run_history(struct worker *worker, const struct worker_run *run,
                       struct worker_stop *stop, struct ebb_error *error)
{
    if (worker->kvm.unresolved) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the recording has no positions yet; it must be resolved first");
    }
    if (worker->diversion || !clockwork_run(&worker->clockwork, run, stop)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "cannot run from position %" PRIu64 "%s to %" PRIu64, ebb_position_now(),
                        worker->diversion ? " of a diversion" : "", run->limit.position);
    }
    return 0;
}

int worker_run(struct worker *worker, const struct worker_run *run, struct worker_stop *stop,
               struct ebb_error *error)
{
    if (run->flags & WORKER_RUN_DIVERSION) {
        worker->diversion = true;
        clockwork_divert(&worker->clockwork, run, stop);
    } else if (run_history(worker, run, stop, error)) {
        return -1;
    }
    if (stop->reason == WORKER_STOP_DIVERGED) {
        stop->moment = moment_arrived(worker->diverged_position);
        stop->reason = worker->damaged ? WORKER_STOP_DAMAGED : WORKER_STOP_DIVERGED;
    }
    if (stop->reason == WORKER_STOP_RESET) {
        stop->keyframe = worker_events_peek(worker)->value;
    }
    stop->pc = worker_pc(worker);
    stop->report_length = worker->report->len;
    return 0;
}
