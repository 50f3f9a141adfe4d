/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the CPU is about to execute, and as whom: struct worker_context in protocol/messages.h. */
#ifndef EBB_WORKER_CONTEXT_H
#define EBB_WORKER_CONTEXT_H

#include "worker.h"

/* The context now, but for the PC, which the caller knows better in the middle of a block. */
void worker_context_read(struct worker *worker, uint64_t pc, struct worker_context *context);

/*
 * True if the instruction there returns from an exception: ERET and its authenticating forms (Arm
 * ARM, C6.2 and F5.1), and in AArch32 RFE, LDM of the PC with the CPSR, and data processing that
 * writes the PC and sets flags, such as SUBS PC, LR (F5.1 and F7.1).
 */
bool worker_context_returns(struct worker *worker, uint64_t pc);

#endif
