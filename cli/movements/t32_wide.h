/* SPDX-License-Identifier: GPL-3.0-or-later */
/* T32's encodings of 32 bits but for coprocessors and vectors (Arm ARM, F3.1.3). */
#ifndef EBB_CLI_MOVEMENTS_T32_WIDE_H
#define EBB_CLI_MOVEMENTS_T32_WIDE_H

#include "list.h"

/* The first half in the upper 16 bits of the word, as the Arm ARM writes it. */
void movements_t32_wide(struct movements *movements, const struct movements_cpu *cpu,
                        uint32_t word);

#endif
