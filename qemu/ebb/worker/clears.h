/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places where exits that the guest could not see have cleared the exclusive monitor. */
#ifndef EBB_WORKER_CLEARS_H
#define EBB_WORKER_CLEARS_H

#include "worker.h"

/* Clears it, if that is to happen at this position. */
void worker_clears_apply(struct worker *worker, uint64_t position);
/* Resolving has found such an exit in front of the instruction at pc, to which the guest has come:
 * clears it, and notes that if it changes anything. */
void worker_clears_find(struct worker *worker, uint64_t position, uint64_t pc);
/* The first position behind this one where that is to happen, but at most limit. */
uint64_t worker_clears_next(struct worker *worker, uint64_t position, uint64_t limit);

#endif
