/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "ebb/position.h"
#include "clears.h"
#include "divergence.h"
#include "resolve_step.h"
#include "vcpu.h"

#define SLICE 1000000u /* instructions between two looks at the stop request */

void worker_resolve_step_on(struct worker *worker, uint64_t limit)
{
    uint64_t position = ebb_position_now();
    uint64_t to = worker_clears_next(worker, position, MIN(limit, position + SLICE));

    worker_clears_apply(worker, position);
    worker_vcpu_execute(worker, to - position);
    worker_give_sign(worker);
    if (!worker->kvm.resolution->is_child) {
        qatomic_set(&worker->control->position, ebb_position_now());
    }
}

void worker_resolve_step_by(struct worker *worker, uint64_t instructions)
{
    worker_resolve_step_on(worker, ebb_position_now() + MIN(instructions, SLICE));
}

bool worker_resolve_step_stop_requested(struct worker *worker)
{
    return !worker->kvm.resolution->is_child && worker_stop_requested(worker);
}

bool worker_resolve_step_is_stuck(struct worker *worker)
{
    return worker->kvm.resolution->passed_by || worker_diverged(worker) ||
           worker_vcpu_is_asleep(worker);
}
