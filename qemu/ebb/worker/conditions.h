/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions of breakpoints (protocol/conditions.h), over the guest's registers and memory. */
#ifndef EBB_WORKER_CONDITIONS_H
#define EBB_WORKER_CONDITIONS_H

#include "worker.h"

/* Whether one of them holds in front of the instruction at pc. ra: where in a translation block
 * that is, or 0 in front of one. */
bool worker_conditions_hold(struct worker *worker, const uint8_t *bytes, size_t size,
                            bool big_endian, uint64_t pc, uintptr_t ra);

#endif
