/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running guest code to an exact position.
 *
 * A run is a sequence of executions, each given the number of instructions to the next place where
 * something has to happen: the limit, an asynchronous event, a look at the engine's stop request.
 * Between two executions the state is settled: events due are applied, and a pending interrupt is
 * taken, which executes no instruction. So the state at a position does not depend on how it was
 * reached.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/exec-all.h"
#include "system/cpu-timers.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "ebb/position.h"
#include "worker.h"

/* Instructions between two looks at the stop request: some milliseconds. */
#define SLICE 1000000u

void worker_execute(struct worker *worker, uint64_t budget)
{
    CPUState *cpu = CPU(worker->cpu);

    worker->hits.run_end = ebb_position_now() + budget;
    cpu->icount_budget = budget;
    cpu->neg.icount_decr.u16.low = MIN(0xffff, budget);
    cpu->icount_extra = budget - cpu->neg.icount_decr.u16.low;
    qatomic_set(&cpu->exit_request, 0);
    bql_unlock();
    tcg_cpu_exec(cpu);
    bql_lock();
    cpu->neg.can_do_io = true; /* leaving a block in its middle keeps what held there */
    icount_update(cpu);
    cpu->neg.icount_decr.u16.low = 0;
    cpu->icount_extra = 0;
    cpu->icount_budget = 0;
    process_queued_cpu_work(cpu);
}

void worker_take_interrupt(struct worker *worker)
{
    if (CPU(worker->cpu)->interrupt_request) {
        worker->kvm.taking = true;
        worker_execute(worker, 0);
        worker->kvm.taking = false;
    }
}

/* A recording of KVM ends where KVM gave the CPU back, before an interrupt that was pending. */
static bool ends_here(struct worker *worker)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return worker->kvm.active && event && event->kind == EBB_EVENT_END &&
           event->position == ebb_position_now();
}

static void check_anchor(struct worker *worker, const struct ebb_event *event)
{
    if (worker_kvm_at_anchor(worker, event)) {
        worker_kvm_pass_anchor(worker);
    } else {
        worker_diverge(worker, event->position, "other registers");
    }
}

/* Applies what is due at the current position, up to a reset or the end. */
static void settle(struct worker *worker)
{
    const struct ebb_event *event = worker_events_peek(worker);
    uint64_t position = ebb_position_now();

    while (event && event->position == position && ebb_event_is_asynchronous(event) &&
           event->kind != EBB_EVENT_RESET && event->kind != EBB_EVENT_END && !worker->report->len) {
        if (event->flags & EBB_EVENT_AFTER_ENTRY) {
            worker_take_interrupt(worker);
        }
        if (event->kind == EBB_EVENT_ANCHOR) {
            check_anchor(worker, event);
        } else {
            worker_events_apply(worker, event);
        }
        worker_events_advance(worker, position);
        event = worker_events_peek(worker);
    }
    if (!ends_here(worker)) {
        worker_take_interrupt(worker);
    }
    worker_kvm_clear_exclusive(worker, position);
}

static bool event_due(struct worker *worker, enum ebb_event_kind kind)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return event && event->kind == kind && event->position == ebb_position_now();
}

bool worker_stop_requested(struct worker *worker)
{
    return qatomic_xchg(&worker->control->stop_request, 0) != 0;
}

bool worker_halted_for_good(struct worker *worker)
{
    CPUState *cpu = CPU(worker->cpu);

    return cpu->halted && !cpu_has_work(cpu);
}

static bool missed_event(struct worker *worker, uint64_t position)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return event && event->position < position;
}

/* Why the run has to stop now; 0 if it goes on. */
static uint32_t reason_to_stop(struct worker *worker, uint64_t limit)
{
    uint64_t position = ebb_position_now();

    if (!worker->report->len && missed_event(worker, position)) {
        worker_diverge(worker, worker_events_peek(worker)->position,
                       "nothing: the guest went on without it");
    }
    if (worker->report->len) {
        return WORKER_STOP_DIVERGED;
    }
    if (worker->hits.pending && worker->hits.stop_at_first) {
        return WORKER_STOP_HIT;
    }
    if (event_due(worker, EBB_EVENT_RESET)) {
        return WORKER_STOP_RESET;
    }
    if (position >= worker->events.end_position) {
        return limit > position ? WORKER_STOP_END : WORKER_STOP_LIMIT;
    }
    if (position >= limit) {
        return WORKER_STOP_LIMIT;
    }
    if (worker_halted_for_good(worker)) {
        worker_diverge(worker, position, "the CPU waits for an interrupt");
        return WORKER_STOP_DIVERGED;
    }
    return worker_stop_requested(worker) ? WORKER_STOP_INTERRUPTED : 0;
}

/* Instructions to the next place where the run has to look up. */
static uint64_t distance(struct worker *worker, uint64_t limit)
{
    uint64_t position = ebb_position_now();
    uint64_t to = MIN(MIN(limit, worker->events.end_position), position + SLICE);

    to = worker_kvm_next_clear(worker, position, to);
    /* At least one instruction, so that an event in a wrong place is met as a divergence. */
    return MAX(worker_events_next_async(worker, to) - position, 1);
}

/* Executes the instruction at the start of a run, whose breakpoint is no news. */
static void step_off(struct worker *worker)
{
    worker->hits.ignore_execute = true;
    worker_execute(worker, 1);
    worker->hits.ignore_execute = false;
}

static void replay_until_stop(struct worker *worker, const struct worker_run *run,
                              struct worker_stop *stop)
{
    struct worker_hits *hits = &worker->hits;
    uint64_t start = ebb_position_now();
    bool off = run->flags & WORKER_RUN_HIT_AT_START;

    settle(worker);
    while (!(stop->reason = reason_to_stop(worker, run->limit))) {
        hits->pending = false;
        if (off) {
            worker_execute(worker, distance(worker, run->limit));
        } else {
            step_off(worker);
            off = ebb_position_now() != start;
        }
        if (!hits->pending) {
            settle(worker);
        }
        qatomic_set(&worker->control->position, ebb_position_now());
    }
}

/* Guest code without the log: only breakpoints, the limit and the engine stop it. */
static void divert_until_stop(struct worker *worker, const struct worker_run *run,
                              struct worker_stop *stop)
{
    uint64_t start = ebb_position_now();
    uint64_t limit = run->limit > UINT64_MAX - start ? UINT64_MAX : start + run->limit;

    worker->diversion = true;
    if (limit > start) {
        step_off(worker);
    }
    stop->reason = 0;
    while (!stop->reason) {
        uint64_t position = ebb_position_now();

        if (worker->hits.pending) {
            stop->reason = WORKER_STOP_HIT;
        } else if (position >= limit) {
            stop->reason = WORKER_STOP_LIMIT;
        } else if (worker_halted_for_good(worker)) {
            stop->reason = WORKER_STOP_HALTED;
        } else if (worker_stop_requested(worker)) {
            stop->reason = WORKER_STOP_INTERRUPTED;
        } else {
            worker_execute(worker, MIN(limit - position, SLICE));
        }
    }
}

int worker_run(struct worker *worker, const struct worker_run *run, struct worker_stop *stop,
               struct ebb_error *error)
{
    if (worker->kvm.unresolved && !(run->flags & WORKER_RUN_DIVERSION)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the recording has no positions yet; it must be resolved first");
    }
    memset(stop, 0, sizeof(*stop));
    memset(&worker->hits, 0, sizeof(worker->hits));
    worker->hits.stop_at_first = !(run->flags & WORKER_RUN_LAST_HIT);
    if (run->flags & WORKER_RUN_DIVERSION) {
        divert_until_stop(worker, run, stop);
    } else if (worker->diversion || run->limit < ebb_position_now()) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "cannot run from position %" PRIu64 "%s to %" PRIu64, ebb_position_now(),
                        worker->diversion ? " of a diversion" : "", run->limit);
    } else {
        replay_until_stop(worker, run, stop);
    }
    worker->hits.pending = false;
    stop->position =
        stop->reason == WORKER_STOP_DIVERGED ? worker->diverged_position : ebb_position_now();
    stop->pc = worker_pc(worker);
    stop->event_number = worker->events.next_number;
    stop->hit_count = worker->hits.count;
    stop->hit = worker->hits.last;
    stop->report_length = worker->report->len;
    if (stop->reason == WORKER_STOP_RESET) {
        stop->keyframe = worker_events_peek(worker)->value;
    }
    return 0;
}
