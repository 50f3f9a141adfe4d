/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breakpoints, compiled into the translation, and watchpoints, on QEMU's slow path. */
#ifndef EBB_WORKER_BREAKPOINTS_H
#define EBB_WORKER_BREAKPOINTS_H

#include "worker.h"

int worker_breakpoints_set(struct worker *worker, const struct worker_breakpoint *set, size_t count,
                           const uint8_t *conditions, size_t conditions_size,
                           struct ebb_error *error);
/* Whether the set has a WORKER_BREAK_INTERRUPT; and that a handler was entered, from a context. */
bool worker_breakpoints_see_interrupts(struct worker *worker);
void worker_breakpoints_interrupted(struct worker *worker, const struct worker_context *context);
/* The same of any exception, which an instruction has caused or which came in front of one. */
bool worker_breakpoints_see_exceptions(struct worker *worker);
void worker_breakpoints_exception_taken(struct worker *worker, bool by_instruction,
                                        const struct worker_context *context);
/* An instruction has returned from an exception: to where the CPU is now. */
void worker_breakpoints_returned(struct worker *worker);
/* A position was settled. */
void worker_breakpoints_settled(struct worker *worker, uint64_t position);
/* For QEMU's hooks (ebb/hooks.h). */
bool worker_breakpoints_have(vaddr address);
void worker_breakpoints_reached(CPUState *cpu, uintptr_t ra);
int worker_breakpoints_watched(CPUState *cpu, vaddr address, vaddr length);
int worker_breakpoints_watched_physical(CPUState *cpu, hwaddr address, hwaddr length,
                                        MemTxAttrs attrs);
void worker_breakpoints_accessed(CPUState *cpu, vaddr address, vaddr length, int flags,
                                 uintptr_t ra);
/* A device wrote length bytes at a RAM offset. */
void worker_breakpoints_device_wrote(struct worker *worker, uint64_t offset, uint64_t length,
                                     bool nested);

#endif
