/* SPDX-License-Identifier: GPL-3.0-or-later */
/* T32 (Arm ARM, F3.1). */
#ifndef EBB_CLI_MOVEMENTS_T32_H
#define EBB_CLI_MOVEMENTS_T32_H

#include "list.h"

/* The first half in the lower 16 bits of the word. */
void movements_t32(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);

#endif
