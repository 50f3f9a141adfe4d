/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a32.h"

#include "a32_memory.h"
#include "a32_registers.h"
#include "a32_vector.h"

#include "cli/arm_state.h"

#define bits movements_bits

static void compute(struct movements *movements, const struct movements_cpu *cpu, unsigned reg)
{
    a32_write(movements, cpu, MOVEMENT_COMPUTED, reg);
}

static bool compares(uint32_t word)
{
    return bits(word, 24, 23) == 2;
}

/* AND to MVN, of which the second operand is a register with a shift. */
static void data_register(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    bool is_move = bits(word, 24, 21) == 13 && !bits(word, 4, 4);

    if (compares(word)) {
        return;
    }
    if (is_move) {
        a32_shift(movements, cpu, bits(word, 15, 12), bits(word, 3, 0), bits(word, 6, 5),
                  bits(word, 11, 7));
    } else {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

/* MRS, MSR, and those of another mode's register. */
static void status(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (!bits(word, 21, 21)) {
        a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 15, 12));
    } else if (bits(word, 9, 9)) {
        movements->unknown = true;
    }
}

/* HVC and SMC may be answered in r0 to r3 from outside of the guest, HLT in r0. */
static void call_out(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned kind = bits(word, 22, 21), last = kind == 0 ? 0 : 3;

    for (unsigned i = 0; kind != 1 && i <= last; i++) {
        a32_write(movements, cpu, MOVEMENT_UNKNOWN, i);
    }
}

static void miscellaneous(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    switch (bits(word, 6, 4)) {
    case 0:
        status(movements, cpu, word);
        break;
    case 1:
        if (bits(word, 22, 21) == 3) {
            compute(movements, cpu, bits(word, 15, 12)); /* CLZ */
        }
        break;
    case 3:
        a32_write(movements, cpu, MOVEMENT_LINK, A32_LR);
        break;
    case 4:
    case 5:
        compute(movements, cpu, bits(word, 15, 12)); /* CRC32, QADD */
        break;
    case 7:
        call_out(movements, cpu, word);
        break;
    default:
        break;
    }
}

static void half_multiply(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    compute(movements, cpu, bits(word, 19, 16));
    if (bits(word, 22, 21) == 2) {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void multiply(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    compute(movements, cpu, bits(word, 19, 16));
    if (bits(word, 23, 23) || bits(word, 22, 21) == 2) {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void registers(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    bool seven = bits(word, 7, 7), four = bits(word, 4, 4);
    bool other = compares(word) && !bits(word, 20, 20);

    if (seven && four && bits(word, 6, 5)) {
        a32_half_or_double(movements, cpu, word);
    } else if (seven && four) {
        (bits(word, 24, 24) ? a32_exclusive : multiply)(movements, cpu, word);
    } else if (other) {
        (seven ? half_multiply : miscellaneous)(movements, cpu, word);
    } else {
        data_register(movements, cpu, word);
    }
}

static void immediates(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned reg = bits(word, 15, 12), opcode = bits(word, 24, 21);

    if (bits(word, 24, 20) == 0x10) { /* MOVW */
        a32_write(movements, cpu, MOVEMENT_CONSTANT, reg);
    } else if (bits(word, 24, 20) == 0x14) { /* MOVT */
        if (reg != A32_PC) {
            movements_make(movements, MOVEMENT_CONSTANT,
                           movements_general(arm_state_bank(cpu->mode, reg), 2, 2));
        }
    } else if (opcode == 13 || opcode == 15) {
        a32_write(movements, cpu, MOVEMENT_CONSTANT, reg);
    } else if (opcode == 0 && bits(word, 11, 0) == 0xff) { /* AND with a byte of ones */
        a32_copy_part(movements, cpu, reg, bits(word, 19, 16), 0, 1);
    } else if (!compares(word)) {
        compute(movements, cpu, reg);
    }
}

/* SXTB and others: added to a register unless that is the PC. */
static void extend(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned size = bits(word, 21, 20), offset = bits(word, 11, 10), length = size == 3 ? 2 : 1;

    if (bits(word, 19, 16) == A32_PC && size >= 2 && offset + length <= 4) {
        a32_copy_part(movements, cpu, bits(word, 15, 12), bits(word, 3, 0), offset, length);
    } else {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void extract(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned from = bits(word, 11, 7), length = bits(word, 20, 16) + 1;

    if ((from | length) % 8 == 0 && from + length <= 32) {
        a32_copy_part(movements, cpu, bits(word, 15, 12), bits(word, 3, 0), from / 8, length / 8);
    } else {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void media(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned kind = bits(word, 24, 20);

    if (kind >= 16 && kind <= 24) { /* signed multiplications and divisions, USAD8 */
        compute(movements, cpu, bits(word, 19, 16));
        if (kind == 20) {
            compute(movements, cpu, bits(word, 15, 12)); /* SMLALD */
        }
    } else if ((kind == 26 || kind == 27 || kind == 30) && bits(word, 6, 5) == 2) {
        extract(movements, cpu, word);
    } else if (kind == 31 && bits(word, 6, 5) == 2) {
        extract(movements, cpu, word);
    } else if (kind >= 8 && kind < 16 && bits(word, 7, 4) == 7) {
        extend(movements, cpu, word);
    } else {
        compute(movements, cpu, bits(word, 15, 12));
    }
}

static void link(struct movements *movements, const struct movements_cpu *cpu)
{
    a32_write(movements, cpu, MOVEMENT_LINK, A32_LR);
}

/* What has no condition: of it BLX, what changes modes or the stack of another, vectors. */
static void unconditional(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    if (bits(word, 27, 25) == 5) {
        link(movements, cpu);
    } else if (bits(word, 27, 25) == 4) {
        movements->unknown = true; /* RFE, SRS */
    } else if (bits(word, 27, 25) == 1 || bits(word, 27, 24) == 4) {
        if (bits(word, 27, 25) == 1 || !bits(word, 20, 20)) {
            movements_a32_simd(movements, cpu, word);
        }
    } else if (bits(word, 27, 26) == 3) {
        movements_a32_coprocessor(movements, cpu, word);
    }
}

static void by_group(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    switch (bits(word, 27, 25)) {
    case 0:
        registers(movements, cpu, word);
        break;
    case 1:
        immediates(movements, cpu, word);
        break;
    case 3:
        if (bits(word, 4, 4)) {
            media(movements, cpu, word);
            break;
        }
        /* fallthrough */
    case 2:
        a32_word_or_byte(movements, cpu, word);
        break;
    case 4:
        a32_multiple(movements, cpu, word);
        break;
    case 5:
        if (bits(word, 24, 24)) {
            link(movements, cpu);
        }
        break;
    default:
        movements_a32_coprocessor(movements, cpu, word);
        break;
    }
}

void movements_a32(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (bits(word, 31, 28) == 15) {
        unconditional(movements, cpu, word);
    } else if (movements_condition(cpu, bits(word, 31, 28))) {
        by_group(movements, cpu, word);
    }
}
