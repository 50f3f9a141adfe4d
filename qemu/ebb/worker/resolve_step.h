/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request to resolve, and going on in it. */
#ifndef EBB_WORKER_RESOLVE_STEP_H
#define EBB_WORKER_RESOLVE_STEP_H

#include "worker.h"

struct worker_resolution {
    const struct worker_resolve *request;
    const struct worker_override *overrides;
    struct worker_resolved *result;
    bool passed_by; /* the guest has caused an event that the log has not, before an anchor */
    uint64_t passed_at;
    bool is_child;
    bool interrupted; /* the engine wants to stop */
    bool overtaken;   /* the last synchronous event was a store that KVM had kept */
    bool searching;   /* stops at pc: */
    uint64_t pc;
    bool ignore; /* but not now, since that is where it comes from */
};

/* Executes up to limit, or less far; the monitor is cleared where that was asked for. */
void worker_resolve_step_on(struct worker *worker, uint64_t limit);
/* The same for so many instructions, which may be any number. */
void worker_resolve_step_by(struct worker *worker, uint64_t instructions);
/* True if the engine wants to stop. */
bool worker_resolve_step_stop_requested(struct worker *worker);
/* The guest cannot or must not go on looking for a place. */
bool worker_resolve_step_is_stuck(struct worker *worker);

#endif
