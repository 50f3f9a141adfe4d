/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads and stores of A64 (Arm ARM, C4.1.94). */
#ifndef EBB_CLI_MOVEMENTS_A64_MEMORY_H
#define EBB_CLI_MOVEMENTS_A64_MEMORY_H

#include "list.h"

void movements_a64_memory(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word);

#endif
