/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "internals.h"
#include "ebb/arm/cpu_state_kvm.h"
#include "anchor.h"
#include "vcpu.h"

static bool matches(struct worker *worker, const struct ebb_event *anchor)
{
    struct ebb_cpu_anchor here = ebb_cpu_anchor(worker->cpu);

    if (here.pc != anchor->address || here.pstate != anchor->value) {
        return false;
    }
    return anchor->data_length == sizeof(uint64_t)
               ? ebb_cpu_anchor_digest(worker->cpu) == ldq_le_p(anchor->data)
               : ebb_cpu_thin_anchor_digest(worker->cpu) == ldl_le_p(anchor->data);
}

bool worker_anchor_is_here(struct worker *worker, const struct ebb_event *anchor)
{
    if (matches(worker, anchor)) {
        return true;
    }
    if (!CPU(worker->cpu)->interrupt_request) {
        return false;
    }
    worker_vcpu_take_interrupt(worker);
    return matches(worker, anchor);
}

void worker_anchor_pass(struct worker *worker)
{
    arm_clear_exclusive(&worker->cpu->env);
    /* KVM ends a WFI when it has to give the CPU back. */
    if (worker->cpu->power_state == PSCI_ON) {
        CPU(worker->cpu)->halted = 0;
    }
}
