/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sees exceptions and interrupts taken, and returns from them: for WORKER_BREAK_INTERRUPT,
 * WORKER_BREAK_EXCEPTION and WORKER_BREAK_RETURN. */
#ifndef EBB_WORKER_INTERRUPTS_H
#define EBB_WORKER_INTERRUPTS_H

#include "worker.h"

/* After worker_kvm_init(), whose operations are called through. */
void worker_interrupts_init(struct worker *worker);

#endif
