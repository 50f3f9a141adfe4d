/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AArch32's registers, as A32 and T32 name them: those of the mode, and the PC. */
#ifndef EBB_CLI_MOVEMENTS_A32_REGISTERS_H
#define EBB_CLI_MOVEMENTS_A32_REGISTERS_H

#include "list.h"

#define A32_SP 13u
#define A32_LR 14u
#define A32_PC 15u

/* What an instruction reads: of the PC that of the second instruction behind it. */
uint32_t a32_value(const struct movements_cpu *cpu, unsigned reg);

/* The same, with the PC as literals are relative to it. */
uint32_t a32_base(const struct movements_cpu *cpu, unsigned reg);

/* Of these, what is written to the PC is left out: it is no place. */
void a32_write(struct movements *movements, const struct movements_cpu *cpu,
               enum movement_kind kind, unsigned reg);
void a32_copy(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
              unsigned from);
/* length bytes from a byte of another register on; the rest is filled. */
void a32_copy_part(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
                   unsigned from, unsigned offset, unsigned length);
/* A move with a shift: type and amount as an instruction has them; of whole bytes a copy. */
void a32_shift(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
               unsigned from, unsigned type, unsigned amount);
void a32_load(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
              uint32_t address, unsigned length);
void a32_store(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
               uint32_t address, unsigned length);

/* Stores that movements has so far may have failed. */
void a32_may_fail(struct movements *movements);

#endif
