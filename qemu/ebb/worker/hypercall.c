/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "internals.h"
#include "ebb/position.h"
#include "apply.h"
#include "events.h"
#include "expect.h"
#include "hypercall.h"

#define MAX_RESULTS 4u

static uint64_t get_argument(CPUARMState *env, unsigned i)
{
    return is_a64(env) ? env->xregs[i] : env->regs[i];
}

static void set_result(CPUARMState *env, unsigned i, uint64_t value)
{
    if (is_a64(env)) {
        env->xregs[i] = value;
    } else {
        env->regs[i] = (uint32_t)value;
    }
}

/* As the instruction WFI; the program counter is behind the call already. */
static G_NORETURN void wait_for_interrupt(CPUState *cs)
{
    cs->halted = 1;
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit(cs);
}

/* An answer that is not in the log, since it is always the same. */
static void imitate(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;
    uint64_t arguments[4], results[4];
    enum smccc_effect effect;
    unsigned i;

    for (i = 0; i < 4; i++) {
        arguments[i] = get_argument(env, i);
    }
    effect = smccc_answer(&worker->kvm.smccc, arguments, results);
    if ((effect == SMCCC_OFF || effect == SMCCC_RESETS) && !worker->diversion) {
        worker_expect(worker, EBB_EVENT_HYPERCALL, ebb_position_of_instruction(),
                      (uint32_t)arguments[0], 0, NULL);
        return;
    }
    for (i = 0; i < 4; i++) {
        set_result(env, i, results[i]);
    }
    worker->kvm.progress.calls++;
    if (effect == SMCCC_STOPS) {
        worker->cpu->power_state = PSCI_OFF;
    }
    if (effect == SMCCC_STOPS || (effect == SMCCC_WAITS && !cpu_has_work(CPU(worker->cpu)))) {
        wait_for_interrupt(CPU(worker->cpu));
    }
}

/* True if the log has this call next. */
static bool is_recorded(struct worker *worker, uint64_t position, uint32_t function)
{
    const struct ebb_event *event;

    worker_apply_nested(worker, position);
    event = worker_events_peek(worker);
    return event && event->kind == EBB_EVENT_HYPERCALL && event->address == function &&
           (worker->kvm.unresolved || event->position == position);
}

void worker_hypercall_replay(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;
    uint64_t position = ebb_position_of_instruction();
    uint32_t function = (uint32_t)get_argument(env, 0);
    const struct ebb_event *event;
    unsigned i;

    arm_clear_exclusive(env);
    if (worker->diversion ||
        (!is_recorded(worker, position, function) &&
         (!worker->manifest->hypercalls_recorded || smccc_is_architecture_call(function)))) {
        imitate(worker);
        return;
    }
    event = worker_expect(worker, EBB_EVENT_HYPERCALL, position, function, 0, NULL);
    if (event) {
        for (i = 0; i < MAX_RESULTS && 8 * (i + 1) <= event->data_length; i++) {
            set_result(env, i, ldq_le_p(event->data + 8 * i));
        }
        worker_events_advance(worker, position);
    }
}
