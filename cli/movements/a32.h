/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A32 (Arm ARM, F4.1). */
#ifndef EBB_CLI_MOVEMENTS_A32_H
#define EBB_CLI_MOVEMENTS_A32_H

#include "list.h"

void movements_a32(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);

#endif
