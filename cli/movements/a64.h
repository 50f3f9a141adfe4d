/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A64 (Arm ARM, C4.1). */
#ifndef EBB_CLI_MOVEMENTS_A64_H
#define EBB_CLI_MOVEMENTS_A64_H

#include "list.h"

void movements_a64(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);

#endif
