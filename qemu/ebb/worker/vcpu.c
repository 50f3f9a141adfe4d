/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/exec-all.h"
#include "system/cpu-timers.h"
#include "accel/tcg/tcg-accel-ops.h"
#include "ebb/position.h"
#include "changes.h"
#include "map.h"
#include "vcpu.h"
#include "watch_ranges.h"

void worker_vcpu_execute(struct worker *worker, uint64_t budget)
{
    CPUState *cpu = CPU(worker->cpu);
    uint64_t begin = ebb_position_now();

    worker_map_free_old(worker);
    worker->run_end = begin + budget;
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
    worker_changes_made(cpu); /* by an instruction that was left in its middle */
    worker_watch_ranges_decide(worker, ebb_position_now() - begin);
    process_queued_cpu_work(cpu);
}

void worker_vcpu_take_interrupt(struct worker *worker)
{
    if (CPU(worker->cpu)->interrupt_request) {
        worker->taking = true;
        worker_vcpu_execute(worker, 0);
        worker->taking = false;
    }
}

bool worker_vcpu_is_asleep(struct worker *worker)
{
    CPUState *cpu = CPU(worker->cpu);

    return cpu->halted && !cpu_has_work(cpu);
}
