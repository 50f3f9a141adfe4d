/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "worker.h"

/* QEMU's hooks carry no context of ours. */
static struct worker the_worker;

struct worker *worker_current(void)
{
    return &the_worker;
}

uint64_t worker_pc(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;

    return is_a64(env) ? env->pc : env->regs[15];
}

void worker_give_sign(struct worker *worker)
{
    qatomic_inc(&worker->control->signs);
}

bool worker_stop_requested(struct worker *worker)
{
    return qatomic_xchg(&worker->control->stop_request, 0) != 0;
}
