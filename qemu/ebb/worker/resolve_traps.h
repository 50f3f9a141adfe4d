/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that KVM emulated without their exits being recorded (EBB_EVENT_TRAP): a PMU does
 * not count them, so the resolver does.
 */
#ifndef EBB_WORKER_RESOLVE_TRAPS_H
#define EBB_WORKER_RESOLVE_TRAPS_H

#include "worker.h"

/* They are at that address as well, from where the event says; beyond EBB_MAX_TRAPS it is left
 * out. */
void worker_resolve_traps_add(struct worker *worker, const struct ebb_event *event);

/* A request begins: what was translated before may lack the looks. */
void worker_resolve_traps_begin(struct worker *worker);

/* True if the instruction at the address is one of them. */
bool worker_resolve_traps_looks_at(struct worker *worker, vaddr address);
/* Counts the instruction that is about to execute, if it is one. */
void worker_resolve_traps_reached(struct worker *worker, uint64_t position, uint64_t pc);

/*
 * The guest's position less those that it has passed since the drift was learned: what can be
 * compared with a count. It is the same in front of one and behind it.
 */
uint64_t worker_resolve_traps_discount(struct worker *worker);

#endif
