/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls of a guest that ran under KVM: answered from the log, or, where the host's kernel has
 * answered without telling the recorder, as it answers them (ebb/arm/smccc.h).
 */
#ifndef EBB_WORKER_HYPERCALL_H
#define EBB_WORKER_HYPERCALL_H

#include "worker.h"

/* The CPU is behind the instruction HVC, its arguments still in its registers. */
void worker_hypercall_replay(struct worker *worker);

#endif
