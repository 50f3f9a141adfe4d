/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "t32_wide.h"

#include "a32_memory.h"
#include "a32_registers.h"

#include "cli/arm_state.h"

#define bits movements_bits

static void compute(struct movements *movements, const struct movements_cpu *cpu, unsigned reg)
{
    a32_write(movements, cpu, MOVEMENT_COMPUTED, reg);
}

static void one(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                uint32_t address, unsigned length, bool is_load)
{
    (is_load ? a32_load : a32_store)(movements, cpu, reg, address, length);
}

/* LDM, STM; what is left of the group are SRS and RFE. */
static void multiple(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t list = bits(word, 15, 0), base = a32_value(cpu, bits(word, 19, 16));
    unsigned way = bits(word, 24, 23);

    if (way == 0 || way == 3) {
        movements->unknown = true;
        return;
    }
    for (uint32_t rest = way == 2 ? list : 0; rest; rest &= rest - 1) {
        base -= 4;
    }
    a32_list(movements, cpu, list, base, bits(word, 20, 20));
    if (bits(word, 21, 21)) {
        compute(movements, cpu, bits(word, 19, 16));
    }
}

/* LDREX and others, by bits 7 to 4 where bits 24 and 23 are 01; else words alone. */
static void exclusive(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    static const uint8_t lengths[4] = {1, 2, 4, 4};
    bool is_word = !bits(word, 23, 23), is_load = bits(word, 20, 20);
    bool is_exclusive = is_word || bits(word, 6, 6);
    unsigned size = is_word ? 2 : bits(word, 5, 4);
    uint32_t address = a32_value(cpu, bits(word, 19, 16)) + (is_word ? 4 * bits(word, 7, 0) : 0);

    if (!is_word && bits(word, 7, 6) == 0) {
        return; /* TBB, TBH */
    }
    one(movements, cpu, bits(word, 15, 12), address, lengths[size], is_load);
    if (size == 3) {
        one(movements, cpu, bits(word, 11, 8), address + 4, 4, is_load);
    }
    if (!is_load && is_exclusive) {
        compute(movements, cpu, is_word ? bits(word, 11, 8) : bits(word, 3, 0));
        a32_may_fail(movements);
    }
}

/* LDRD, STRD. */
static void pair(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t base = a32_base(cpu, bits(word, 19, 16)), offset = 4 * bits(word, 7, 0);

    if (bits(word, 24, 24)) {
        base += bits(word, 23, 23) ? offset : -offset;
    }
    one(movements, cpu, bits(word, 15, 12), base, 4, bits(word, 20, 20));
    one(movements, cpu, bits(word, 11, 8), base + 4, 4, bits(word, 20, 20));
    if (bits(word, 21, 21)) {
        compute(movements, cpu, bits(word, 19, 16));
    }
}

/* AND to RSB: by opcode (24:21), Rn (19:16), Rd (11:8). Those without a result have Rd = PC. */
static void data_register(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    if (bits(word, 24, 21) == 2 && bits(word, 19, 16) == A32_PC) {
        a32_shift(movements, cpu, bits(word, 11, 8), bits(word, 3, 0), bits(word, 5, 4),
                  bits(word, 14, 12) << 2 | bits(word, 7, 6));
    } else {
        compute(movements, cpu, bits(word, 11, 8));
    }
}

static void data_immediate(struct movements *movements, const struct movements_cpu *cpu,
                           uint32_t word)
{
    unsigned opcode = bits(word, 24, 21);
    bool is_move = (opcode == 2 || opcode == 3) && bits(word, 19, 16) == A32_PC;

    if (opcode == 0 && !bits(word, 26, 26) && bits(word, 14, 12) == 0 && bits(word, 7, 0) == 0xff) {
        a32_copy_part(movements, cpu, bits(word, 11, 8), bits(word, 19, 16), 0, 1); /* AND */
    } else {
        a32_write(movements, cpu, is_move ? MOVEMENT_CONSTANT : MOVEMENT_COMPUTED,
                  bits(word, 11, 8));
    }
}

static void extract(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned from = bits(word, 14, 12) << 2 | bits(word, 7, 6), length = bits(word, 4, 0) + 1;

    if ((from | length) % 8 == 0 && from + length <= 32) {
        a32_copy_part(movements, cpu, bits(word, 11, 8), bits(word, 19, 16), from / 8, length / 8);
    } else {
        compute(movements, cpu, bits(word, 11, 8));
    }
}

static void plain_immediate(struct movements *movements, const struct movements_cpu *cpu,
                            uint32_t word)
{
    unsigned rd = bits(word, 11, 8);

    switch (bits(word, 24, 20)) {
    case 0:
    case 10: /* of the PC, ADR */
        a32_write(movements, cpu,
                  bits(word, 19, 16) == A32_PC ? MOVEMENT_CONSTANT : MOVEMENT_COMPUTED, rd);
        break;
    case 4:
        a32_write(movements, cpu, MOVEMENT_CONSTANT, rd);
        break;
    case 12:
        if (rd != A32_PC) {
            movements_make(movements, MOVEMENT_CONSTANT,
                           movements_general(arm_state_bank(cpu->mode, rd), 2, 2));
        }
        break;
    case 20:
    case 28:
        extract(movements, cpu, word);
        break;
    default:
        compute(movements, cpu, rd);
        break;
    }
}

/* HVC and SMC, as in A32. */
static void call_out(struct movements *movements, const struct movements_cpu *cpu)
{
    for (unsigned i = 0; i < 4; i++) {
        a32_write(movements, cpu, MOVEMENT_UNKNOWN, i);
    }
}

static void control(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (bits(word, 14, 14)) { /* BL, BLX */
        a32_write(movements, cpu, MOVEMENT_LINK, A32_LR);
    } else if (bits(word, 12, 12) == 0 && (word & 0xffe0d000) == 0xf3e08000) { /* MRS */
        a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 11, 8));
    } else if ((word & 0xffe0d020) == 0xf3808020) { /* MSR, of another mode's register */
        movements->unknown = true;
    } else if ((word & 0xfff0f000) == 0xf7f08000 || (word & 0xfff0f000) == 0xf7e08000) {
        call_out(movements, cpu);
    }
}

/* LDR and STR of one register: size (22:21), L (20), Rt (15:12). */
static void single(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned rn = bits(word, 19, 16), rt = bits(word, 15, 12), length = 1u << bits(word, 22, 21);
    uint32_t base = a32_base(cpu, rn), address = base;
    bool is_load = bits(word, 20, 20), writes_back = false;

    if (length == 8) {
        movements->unknown = true; /* it is none */
        return;
    }
    if (rn == A32_PC) {
        address += bits(word, 23, 23) ? bits(word, 11, 0) : -bits(word, 11, 0);
    } else if (bits(word, 23, 23)) {
        address += bits(word, 11, 0);
    } else if (bits(word, 11, 11)) {
        uint32_t offset = bits(word, 9, 9) ? bits(word, 7, 0) : -bits(word, 7, 0);

        address += bits(word, 10, 10) ? offset : 0;
        writes_back = bits(word, 8, 8);
    } else {
        address += a32_value(cpu, bits(word, 3, 0)) << bits(word, 5, 4);
    }
    one(movements, cpu, rt, address, length, is_load);
    if (writes_back) {
        compute(movements, cpu, rn);
    }
}

/* Shifts, extensions, and what A32 has as media instructions; all write Rd (11:8). */
static void media(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned kind = bits(word, 22, 20), offset = bits(word, 5, 4);
    unsigned length = kind < 2 ? 2 : 1;
    bool extends = !bits(word, 23, 23) && bits(word, 7, 7) && bits(word, 19, 16) == A32_PC;

    if (extends && kind != 2 && kind != 3 && offset + length <= 4) {
        a32_copy_part(movements, cpu, bits(word, 11, 8), bits(word, 3, 0), offset, length);
    } else {
        compute(movements, cpu, bits(word, 11, 8));
    }
}

static void multiply(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned kind = bits(word, 22, 20);

    compute(movements, cpu, bits(word, 11, 8));
    if (bits(word, 23, 23) && kind != 1 && kind != 3) { /* no division */
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void registers_or_memory(struct movements *movements, const struct movements_cpu *cpu,
                                uint32_t word)
{
    if (bits(word, 26, 25) == 1) {
        data_register(movements, cpu, word);
    } else if (!bits(word, 22, 22)) {
        multiple(movements, cpu, word);
    } else if (bits(word, 24, 24) || bits(word, 21, 21)) {
        pair(movements, cpu, word);
    } else {
        exclusive(movements, cpu, word);
    }
}

void movements_t32_wide(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    switch (bits(word, 28, 27)) {
    case 1:
        registers_or_memory(movements, cpu, word);
        break;
    case 2:
        if (bits(word, 15, 15)) {
            control(movements, cpu, word);
        } else {
            (bits(word, 25, 25) ? plain_immediate : data_immediate)(movements, cpu, word);
        }
        break;
    default:
        if (bits(word, 25, 25) == 0) {
            single(movements, cpu, word);
        } else if (bits(word, 24, 24)) {
            multiply(movements, cpu, word);
        } else {
            media(movements, cpu, word);
        }
        break;
    }
}
