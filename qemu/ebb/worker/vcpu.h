/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the CPU, by a number of instructions. */
#ifndef EBB_WORKER_VCPU_H
#define EBB_WORKER_VCPU_H

#include "worker.h"

/* Executes at most budget instructions. */
void worker_vcpu_execute(struct worker *worker, uint64_t budget);
/* Enters a pending interrupt's handler, which executes no instruction. */
void worker_vcpu_take_interrupt(struct worker *worker);
/* The CPU sleeps, and no interrupt that is pending wakes it. */
bool worker_vcpu_is_asleep(struct worker *worker);

#endif
