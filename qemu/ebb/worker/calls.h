/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Following calls to their end (WORKER_COLLECT_CALLS in protocol/messages.h).
 *
 * When a function's first instruction is noted as a row, its return address and the call
 * instruction in front of that get a look at each execution, compiled into the translation like a
 * breakpoint. The call has returned when the return address is reached in its context: with its
 * stack pointer, in its address space. If the call instruction is reached there first, the function
 * was left by another way, as longjmp() does it.
 */
#ifndef EBB_WORKER_CALLS_H
#define EBB_WORKER_CALLS_H

#include "worker.h"

struct worker_calls *worker_calls_new(void);
/* Forgets all calls, and follows these, if any are to be followed. */
void worker_calls_follow(struct worker *worker, bool active, const struct worker_call *calls,
                         size_t count);
/* True if the instruction at the address needs a look each time. */
bool worker_calls_look_at(struct worker *worker, uint64_t address);
/* An instruction is about to execute: calls that end there become rows. The hit says where that is,
 * in place and time. */
void worker_calls_reached(struct worker *worker, const struct worker_hit *hit);
/* Fills in what the row of such a hit knows of the call; that of a function's first instruction is
 * followed from now on. */
void worker_calls_describe(struct worker *worker, struct worker_row *row);
/* No call is followed. */
bool worker_calls_are_over(struct worker *worker);
/* An address as code is run from: without what signs it (Arm ARM, D8.10 "Pointer authentication").
 */
uint64_t worker_calls_plain_address(CPUARMState *env, uint64_t address);

#endif
