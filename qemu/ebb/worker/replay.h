/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaying: the guest's accesses are answered from the log. */
#ifndef EBB_WORKER_REPLAY_H
#define EBB_WORKER_REPLAY_H

#include "worker.h"

extern const struct worker_mode worker_replay_mode;

/* Answers accesses to the CPU's device registers, too. */
void worker_replay_intercept(struct worker *worker);

/* For QEMU's hooks (ebb/hooks.h). */
MemTxResult worker_replay_mmio_read(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                    uint64_t *value, MemOp op, MemTxAttrs attrs);
MemTxResult worker_replay_mmio_write(CPUState *cpu, hwaddr address, MemoryRegion *mr, hwaddr offset,
                                     uint64_t value, MemOp op, MemTxAttrs attrs);
void worker_replay_semihosting(CPUState *cpu);

#endif
