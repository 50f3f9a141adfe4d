/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AArch32's coprocessors, which are system registers and floating point, and Advanced SIMD (Arm
 * ARM, F4.1.7 to F4.1.12); T32 has them by the same encodings. Of vectors, plain moves, loads and
 * stores are known; of the rest, only that it may write the register that it names.
 */
#ifndef EBB_CLI_MOVEMENTS_A32_VECTOR_H
#define EBB_CLI_MOVEMENTS_A32_VECTOR_H

#include "list.h"

/* Bits 27 and 26 are 1. */
void movements_a32_coprocessor(struct movements *movements, const struct movements_cpu *cpu,
                               uint32_t word);

/* Bits 31 to 25 are 1111001, or bits 31 to 24 11110100, as in A32. */
void movements_a32_simd(struct movements *movements, const struct movements_cpu *cpu,
                        uint32_t word);

#endif
