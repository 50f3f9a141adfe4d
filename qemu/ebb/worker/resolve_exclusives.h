/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Noting store-exclusives as they execute, for an engine that looks for one that failed. */
#ifndef EBB_WORKER_RESOLVE_EXCLUSIVES_H
#define EBB_WORKER_RESOLVE_EXCLUSIVES_H

#include "worker.h"

/* Notes them from now on, or no longer; what was noted is forgotten. */
void worker_resolve_exclusives_list(struct worker *worker, bool wanted);
/* True if the instruction at the address is one, and they are noted. */
bool worker_resolve_exclusives_looks_at(struct worker *worker, vaddr address);
/* Notes the instruction that is about to execute, if it is one. */
void worker_resolve_exclusives_reached(struct worker *worker, uint64_t position, uint64_t pc);
/* Those that are kept, oldest first. */
uint64_t worker_resolve_exclusives_count(struct worker *worker);
void worker_resolve_exclusives_append(struct worker *worker, GByteArray *out);

#endif
