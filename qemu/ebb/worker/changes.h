/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an instruction has changed what is watched (WORKER_WATCH_CHANGE).
 *
 * What was there before is kept when the instruction is about to store; behind it the two are
 * compared. So all that one instruction does counts as one, whatever it is made of, and how QEMU
 * has come to see the store does not matter. Instructions are looked behind from their first such
 * store on: until then nobody could know that they make one.
 */
#ifndef EBB_WORKER_CHANGES_H
#define EBB_WORKER_CHANGES_H

#include "worker.h"

enum worker_change {
    WORKER_CHANGE_KEPT,    /* it will be a hit if anything is different behind the instruction */
    WORKER_CHANGE_UNSEEN,  /* leave in front of the instruction, and execute it again */
    WORKER_CHANGE_UNKNOWN, /* it is no RAM */
};

struct worker_changes *worker_changes_new(void);
/* The instruction at hit->pc is about to store to what watchpoint number watch watches, at an
 * address as the instruction has it. hit is what it will be if the data that it tells of changes.
 */
enum worker_change worker_changes_keep(struct worker *worker, unsigned watch,
                                       const struct worker_hit *hit, uint64_t address);
/* For QEMU's hooks (ebb/hooks.h): whether the instruction at an address is looked behind, and that
 * one is over. */
bool worker_changes_looked_for(vaddr address);
void worker_changes_made(CPUState *cpu);

#endif
