/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The encodings of 16 bits, and which of the others it is. */
#include "t32.h"

#include "a32_memory.h"
#include "a32_registers.h"
#include "a32_vector.h"
#include "t32_wide.h"

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

/* Shifts, additions, moves and comparisons: bits 15 and 14 are 0. */
static void shift_or_add(struct movements *movements, const struct movements_cpu *cpu,
                         uint32_t word)
{
    unsigned opcode = bits(word, 15, 11);

    if (opcode < 3) {
        a32_shift(movements, cpu, bits(word, 2, 0), bits(word, 5, 3), opcode, bits(word, 10, 6));
    } else if (opcode == 3 && bits(word, 10, 10) && bits(word, 8, 6) == 0) {
        a32_copy(movements, cpu, bits(word, 2, 0), bits(word, 5, 3)); /* ADDS, SUBS of 0 */
    } else if (opcode == 3) {
        compute(movements, cpu, bits(word, 2, 0));
    } else if (opcode == 4) {
        a32_write(movements, cpu, MOVEMENT_CONSTANT, bits(word, 10, 8));
    } else if (opcode != 5) {
        compute(movements, cpu, bits(word, 10, 8));
    }
}

static void data(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned opcode = bits(word, 9, 6);

    if (opcode != 8 && opcode != 10 && opcode != 11) { /* TST, CMP, CMN */
        compute(movements, cpu, bits(word, 2, 0));
    }
}

static void special(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned rd = bits(word, 7, 7) << 3 | bits(word, 2, 0), rm = bits(word, 6, 3);

    switch (bits(word, 9, 8)) {
    case 0:
        compute(movements, cpu, rd);
        break;
    case 2:
        a32_copy(movements, cpu, rd, rm);
        break;
    case 3:
        if (bits(word, 7, 7)) {
            a32_write(movements, cpu, MOVEMENT_LINK, A32_LR); /* BLX */
        }
        break;
    default:
        break;
    }
}

/* By registers: opcode (11:9) says what and how wide. */
static void by_register(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    static const uint8_t lengths[8] = {4, 2, 1, 1, 4, 2, 1, 2};
    unsigned opcode = bits(word, 11, 9);
    uint32_t address = a32_value(cpu, bits(word, 5, 3)) + a32_value(cpu, bits(word, 8, 6));

    one(movements, cpu, bits(word, 2, 0), address, lengths[opcode], opcode > 2);
}

static void by_immediate(struct movements *movements, const struct movements_cpu *cpu,
                         uint32_t word)
{
    unsigned group = bits(word, 15, 12), length = group == 8 ? 2 : bits(word, 12, 12) ? 1 : 4;
    uint32_t address = a32_value(cpu, bits(word, 5, 3)) + bits(word, 10, 6) * length;

    one(movements, cpu, bits(word, 2, 0), address, length, bits(word, 11, 11));
}

static void by_stack(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    one(movements, cpu, bits(word, 10, 8), a32_value(cpu, A32_SP) + 4 * bits(word, 7, 0), 4,
        bits(word, 11, 11));
}

static void push_pop(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    bool is_load = bits(word, 11, 11);
    uint32_t list = bits(word, 7, 0) | bits(word, 8, 8) << (is_load ? A32_PC : A32_LR);
    uint32_t address = a32_value(cpu, A32_SP);

    for (uint32_t rest = is_load ? 0 : list; rest; rest &= rest - 1) {
        address -= 4;
    }
    a32_list(movements, cpu, list, address, is_load);
    compute(movements, cpu, A32_SP);
}

static void extend(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    a32_copy_part(movements, cpu, bits(word, 2, 0), bits(word, 5, 3), 0, bits(word, 6, 6) ? 1 : 2);
}

static void call_out(struct movements *movements, const struct movements_cpu *cpu)
{
    a32_write(movements, cpu, MOVEMENT_UNKNOWN, 0); /* HLT: semihosting */
}

static void miscellaneous(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    switch (bits(word, 11, 8)) {
    case 0:
        compute(movements, cpu, A32_SP);
        break;
    case 2:
        extend(movements, cpu, word);
        break;
    case 4:
    case 5:
    case 12:
    case 13:
        push_pop(movements, cpu, word);
        break;
    case 10:
        if (bits(word, 7, 6) == 2) {
            call_out(movements, cpu);
        } else {
            compute(movements, cpu, bits(word, 2, 0)); /* REV */
        }
        break;
    default:
        break;
    }
}

static void multiple(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned base = bits(word, 10, 8);
    bool is_load = bits(word, 11, 11);

    a32_list(movements, cpu, bits(word, 7, 0), a32_value(cpu, base), is_load);
    if (!is_load || !(word >> base & 1)) {
        compute(movements, cpu, base);
    }
}

static void data_or_special(struct movements *movements, const struct movements_cpu *cpu,
                            uint32_t word)
{
    if (bits(word, 11, 10) == 0) {
        data(movements, cpu, word);
    } else if (bits(word, 11, 10) == 1) {
        special(movements, cpu, word);
    } else {
        a32_load(movements, cpu, bits(word, 10, 8), a32_base(cpu, A32_PC) + 4 * bits(word, 7, 0),
                 4);
    }
}

static void narrow(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    switch (bits(word, 15, 12)) {
    case 4:
        data_or_special(movements, cpu, word);
        break;
    case 5:
        by_register(movements, cpu, word);
        break;
    case 6:
    case 7:
    case 8:
        by_immediate(movements, cpu, word);
        break;
    case 9:
        by_stack(movements, cpu, word);
        break;
    case 10: /* of the PC, a constant; of the SP */
        a32_write(movements, cpu, bits(word, 11, 11) ? MOVEMENT_COMPUTED : MOVEMENT_CONSTANT,
                  bits(word, 10, 8));
        break;
    case 11:
        miscellaneous(movements, cpu, word);
        break;
    case 12:
        multiple(movements, cpu, word);
        break;
    case 13:
    case 14:
    case 15:
        break; /* branches */
    default:
        shift_or_add(movements, cpu, word);
        break;
    }
}

/* In an IT block, what condition the next instruction has. */
static unsigned condition_of(const struct movements_cpu *cpu)
{
    unsigned it = movements_bits(cpu->psr, 15, 10) << 2 | movements_bits(cpu->psr, 26, 25);

    return it & 15 ? it >> 4 : 14;
}

void movements_t32(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t first = word & 0xffff, swapped = first << 16 | word >> 16;

    if (!movements_condition(cpu, condition_of(cpu))) {
        return;
    }
    if (first < 0xe800) {
        narrow(movements, cpu, first);
    } else if ((swapped & 0xef000000) == 0xef000000) { /* A32's bit 24 is bit 28 here */
        movements_a32_simd(movements, cpu,
                           0xf2000000 | (swapped >> 28 & 1) << 24 | (swapped & 0x00ffffff));
    } else if ((swapped & 0xff100000) == 0xf9000000) {
        movements_a32_simd(movements, cpu, 0xf4000000 | (swapped & 0x00ffffff));
    } else if ((swapped & 0xec000000) == 0xec000000) {
        movements_a32_coprocessor(movements, cpu, swapped);
    } else {
        movements_t32_wide(movements, cpu, swapped);
    }
}
