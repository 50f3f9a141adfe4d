/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "accel/tcg/cpu-ops.h"
#include "hw/core/cpu.h"
#include "ebb/position.h"
#include "breakpoints.h"
#include "context.h"
#include "events.h"
#include "exceptions.h"
#include "interrupts.h"
#include "kvm.h"
#include "rows.h"

/* QEMU's operations carry no context of ours. */
static struct {
    const TCGCPUOps *original;
    TCGCPUOps ours;
} operations;

/*
 * QEMU enters an interrupt that is pending at the end of a budget too. But what comes next here may
 * be an event in front of the entry: as an exception return leaves the secure world, the GIC makes
 * an IRQ of what was an FIQ. Under KVM there is no such entry anyway (kvm.c).
 */
static bool event_comes_first(struct worker *worker)
{
    const struct ebb_event *event = worker_events_peek(worker);

    return !worker->taking && !worker->diversion && !worker->kvm.active && event &&
           ebb_event_is_asynchronous(event) && !(event->flags & EBB_EVENT_AFTER_ENTRY) &&
           event->position == ebb_position_now();
}

static bool exec_interrupt(CPUState *cs, int interrupt_request)
{
    struct worker *worker = worker_current();
    struct worker_context context;

    if (event_comes_first(worker)) {
        return false;
    }
    if (!worker_breakpoints_see_interrupts(worker)) {
        return operations.original->cpu_exec_interrupt(cs, interrupt_request);
    }
    worker_context_read(worker, worker_pc(worker), &context);
    if (!operations.original->cpu_exec_interrupt(cs, interrupt_request)) {
        return false;
    }
    worker_breakpoints_interrupted(worker, &context);
    return true;
}

/* Calls that QEMU answers itself, or that KVM did, are no exceptions of the guest's. */
static bool is_entered(struct worker *worker, int exception)
{
    return exception != EXCP_SEMIHOST && !arm_is_psci_call(worker->cpu, exception) &&
           !(worker->kvm.active && worker_kvm_answers(worker, exception));
}

static void do_interrupt(CPUState *cs)
{
    struct worker *worker = worker_current();
    int exception = cs->exception_index;
    bool seen = worker_breakpoints_see_exceptions(worker) && is_entered(worker, exception);
    struct worker_context context;
    uint64_t size;

    if (seen) {
        worker_context_read(worker, worker_pc(worker), &context);
        if (worker_exception_is_call(worker, exception, &size)) {
            context.pc -= size;
        }
    }
    worker->entering = true;
    operations.original->do_interrupt(cs);
    worker->entering = false;
    if (seen) {
        worker_rows_exception(worker, exception);
        worker_breakpoints_exception_taken(worker, !worker_exception_is_asynchronous(exception),
                                           &context);
    }
}

/* QEMU calls it for exceptions that are taken and for returns from them. */
static void level_changed(ARMCPU *cpu, void *opaque)
{
    struct worker *worker = opaque;

    if (!worker->entering) {
        worker_breakpoints_returned(worker);
    }
}

void worker_interrupts_init(struct worker *worker)
{
    CPUClass *class = CPU_GET_CLASS(CPU(worker->cpu));

    operations.original = class->tcg_ops;
    operations.ours = *class->tcg_ops;
    operations.ours.cpu_exec_interrupt = exec_interrupt;
    operations.ours.do_interrupt = do_interrupt;
    class->tcg_ops = &operations.ours;
    arm_register_el_change_hook(worker->cpu, level_changed, worker);
}
