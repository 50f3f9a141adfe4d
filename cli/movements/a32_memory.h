/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads and stores of A32 (Arm ARM, F4.1.4 to F4.1.6), and what T32 has like them. */
#ifndef EBB_CLI_MOVEMENTS_A32_MEMORY_H
#define EBB_CLI_MOVEMENTS_A32_MEMORY_H

#include "list.h"

/* LDR, STR, LDRB, STRB; LDRH and others; exclusive and ordered ones, SWP; LDM, STM. */
void a32_word_or_byte(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);
void a32_half_or_double(struct movements *movements, const struct movements_cpu *cpu,
                        uint32_t word);
void a32_exclusive(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);
void a32_multiple(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);

/* What LDM and STM move, from the lowest address on. */
void a32_list(struct movements *movements, const struct movements_cpu *cpu, uint32_t list,
              uint32_t address, bool is_load);

#endif
