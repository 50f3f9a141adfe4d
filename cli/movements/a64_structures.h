/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD1 to LD4 and ST1 to ST4 of A64: structures of elements in several registers (Arm ARM, C4.1.94,
 * Advanced SIMD load/store). */
#ifndef EBB_CLI_MOVEMENTS_A64_STRUCTURES_H
#define EBB_CLI_MOVEMENTS_A64_STRUCTURES_H

#include "list.h"

void movements_a64_structures(struct movements *movements, const struct movements_cpu *cpu,
                              uint32_t word);

#endif
