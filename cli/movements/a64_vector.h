/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Floating point and Advanced SIMD of A64 (Arm ARM, C4.1.96). Of vectors, what is no plain move is
 * taken to compute all of the register that it names. */
#ifndef EBB_CLI_MOVEMENTS_A64_VECTOR_H
#define EBB_CLI_MOVEMENTS_A64_VECTOR_H

#include "list.h"

void movements_a64_vector(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word);

#endif
