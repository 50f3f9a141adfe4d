/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "accel/tcg/cpu-ops.h"
#include "hw/core/cpu.h"
#include "breakpoints.h"
#include "context.h"
#include "interrupts.h"

/* QEMU's operations carry no context of ours. */
static struct {
    const TCGCPUOps *original;
    TCGCPUOps ours;
} operations;

static bool exec_interrupt(CPUState *cs, int interrupt_request)
{
    struct worker *worker = worker_current();
    struct worker_context context;

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

void worker_interrupts_init(struct worker *worker)
{
    CPUClass *class = CPU_GET_CLASS(CPU(worker->cpu));

    operations.original = class->tcg_ops;
    operations.ours = *class->tcg_ops;
    operations.ours.cpu_exec_interrupt = exec_interrupt;
    class->tcg_ops = &operations.ours;
}
