/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a32_registers.h"

#include "cli/arm_state.h"

static struct movement_place place(const struct movements_cpu *cpu, unsigned reg, unsigned offset,
                                   unsigned length)
{
    return movements_general(arm_state_bank(cpu->mode, reg), offset, length);
}

uint32_t a32_value(const struct movements_cpu *cpu, unsigned reg)
{
    return reg == A32_PC ? (uint32_t)cpu->pc + (cpu->psr & ARM_STATE_THUMB ? 4 : 8)
                         : (uint32_t)cpu->general[arm_state_bank(cpu->mode, reg)];
}

uint32_t a32_base(const struct movements_cpu *cpu, unsigned reg)
{
    return reg == A32_PC ? a32_value(cpu, reg) & ~3u : a32_value(cpu, reg);
}

void a32_write(struct movements *movements, const struct movements_cpu *cpu,
               enum movement_kind kind, unsigned reg)
{
    if (reg != A32_PC) {
        movements_make(movements, kind, place(cpu, reg, 0, 4));
    }
}

void a32_copy(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
              unsigned from)
{
    a32_copy_part(movements, cpu, to, from, 0, 4);
}

void a32_copy_part(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
                   unsigned from, unsigned offset, unsigned length)
{
    if (to == A32_PC) {
        return;
    }
    if (from == A32_PC) {
        a32_write(movements, cpu, MOVEMENT_CONSTANT, to);
        return;
    }
    movements_add(movements, MOVEMENT_COPY, place(cpu, to, 0, length),
                  place(cpu, from, offset, length));
    movements_make(movements, MOVEMENT_EXTENSION, place(cpu, to, length, 4 - length));
}

void a32_shift(struct movements *movements, const struct movements_cpu *cpu, unsigned to,
               unsigned from, unsigned type, unsigned amount)
{
    unsigned bytes = amount / 8;

    if (type == 0 && amount == 0) {
        a32_copy(movements, cpu, to, from);
    } else if (type == 3 || amount == 0 || amount % 8 || from == A32_PC || to == A32_PC) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, to);
    } else if (type == 0) {
        movements_add(movements, MOVEMENT_COPY, place(cpu, to, bytes, 4 - bytes),
                      place(cpu, from, 0, 4 - bytes));
        movements_make(movements, MOVEMENT_EXTENSION, place(cpu, to, 0, bytes));
    } else {
        a32_copy_part(movements, cpu, to, from, bytes, 4 - bytes);
    }
}

void a32_load(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
              uint32_t address, unsigned length)
{
    if (reg != A32_PC) {
        movements_transfer(movements, cpu, place(cpu, reg, 0, length),
                           movements_memory(address, length));
        movements_make(movements, MOVEMENT_EXTENSION, place(cpu, reg, length, 4 - length));
    }
}

void a32_store(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
               uint32_t address, unsigned length)
{
    if (reg == A32_PC) {
        movements_make(movements, MOVEMENT_CONSTANT, movements_memory(address, length));
    } else {
        movements_transfer(movements, cpu, movements_memory(address, length),
                           place(cpu, reg, 0, length));
    }
}

void a32_may_fail(struct movements *movements)
{
    for (unsigned i = 0; i < movements->count; i++) {
        movements->list[i].may_fail = movements->list[i].to.space == MOVEMENT_MEMORY;
    }
}
