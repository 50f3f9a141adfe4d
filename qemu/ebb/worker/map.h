/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory map in force: where the guest sees which part of the RAM space. */
#ifndef EBB_WORKER_MAP_H
#define EBB_WORKER_MAP_H

#include "worker.h"

void worker_map_init(struct worker *worker);
int worker_map_apply_event(struct worker *worker, const struct ebb_event *event, uint64_t number,
                           struct ebb_error *error);
/* Puts the map in force that holds before the event with that number. */
int worker_map_restore_before(struct worker *worker, uint64_t event_number,
                              struct ebb_error *error);
int worker_map_restore(struct worker *worker, uint64_t map_event, struct ebb_error *error);
/* Lets QEMU free what it has of maps that were in force before, now and then; not while the vCPU
 * executes. */
void worker_map_free_old(struct worker *worker);
/* The RAM offset of a guest-physical address, for accesses that are secure or not as attrs has it;
 * UINT64_MAX where there is no RAM. */
uint64_t worker_map_offset(struct worker *worker, uint64_t address, MemTxAttrs attrs);

#endif
