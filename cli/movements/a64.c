/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a64.h"

#include "a64_memory.h"
#include "a64_vector.h"

#define ZR 31u
#define LR 30u
#define bits movements_bits

static void write(struct movements *movements, enum movement_kind kind, unsigned reg)
{
    if (reg != ZR) {
        movements_make(movements, kind, movements_general(reg, 0, 8));
    }
}

/* The register named 31 is the stack pointer. */
static void write_or_sp(struct movements *movements, enum movement_kind kind, unsigned reg)
{
    movements_make(movements, kind, movements_general(reg, 0, 8));
}

/* The first length bytes of another register, from a byte on, and zeroes. */
static void copy_part(struct movements *movements, unsigned to, unsigned from, unsigned offset,
                      unsigned length)
{
    movements_add(movements, MOVEMENT_COPY, movements_general(to, 0, length),
                  movements_general(from, offset, length));
    movements_make(movements, MOVEMENT_EXTENSION, movements_general(to, length, 8 - length));
}

static void copy(struct movements *movements, unsigned to, unsigned from, bool wide)
{
    if (to == ZR) {
        return;
    }
    if (from == ZR) {
        write(movements, MOVEMENT_CONSTANT, to);
    } else {
        copy_part(movements, to, from, 0, wide ? 8 : 4);
    }
}

static void add_immediate(struct movements *movements, uint32_t word)
{
    unsigned rd = bits(word, 4, 0), rn = bits(word, 9, 5);
    bool sets_flags = bits(word, 29, 29);

    if (sets_flags) {
        write(movements, MOVEMENT_COMPUTED, rd);
    } else if (bits(word, 30, 30) == 0 && bits(word, 21, 10) == 0) {
        copy_part(movements, rd, rn, 0, bits(word, 31, 31) ? 8 : 4);
    } else {
        write_or_sp(movements, MOVEMENT_COMPUTED, rd);
    }
}

/* Bytes that an AND leaves, of a mask of ones in the lowest ones alone (C3.4.2); 0: others. */
static unsigned bytes_left(uint32_t word)
{
    unsigned ones = bits(word, 15, 10) + 1, width = bits(word, 31, 31) ? 64 : 32;
    bool is_whole = bits(word, 22, 22) == bits(word, 31, 31) && ones < width;

    return is_whole && bits(word, 21, 16) == 0 && ones % 8 == 0 ? ones / 8 : 0;
}

static void logical_immediate(struct movements *movements, uint32_t word)
{
    unsigned rd = bits(word, 4, 0), rn = bits(word, 9, 5), opcode = bits(word, 30, 29);

    if (opcode == 3) {
        write(movements, MOVEMENT_COMPUTED, rd);
    } else if (opcode == 0 && bytes_left(word) && rd != ZR && rn != ZR) {
        copy_part(movements, rd, rn, 0, bytes_left(word));
    } else {
        write_or_sp(movements, opcode == 1 && rn == ZR ? MOVEMENT_CONSTANT : MOVEMENT_COMPUTED, rd);
    }
}

static void move_wide(struct movements *movements, uint32_t word)
{
    unsigned rd = bits(word, 4, 0);

    if (bits(word, 30, 29) != 3 || rd == ZR) {
        write(movements, MOVEMENT_CONSTANT, rd);
        return;
    }
    movements_make(movements, MOVEMENT_CONSTANT, movements_general(rd, 2 * bits(word, 22, 21), 2));
    if (!bits(word, 31, 31)) {
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(rd, 4, 4));
    }
}

struct field {
    unsigned from, to, length; /* bits, then bytes */
};

/* Whole bytes are copied; false: it is some bits. */
static bool find_field(uint32_t word, struct field *field)
{
    unsigned width = bits(word, 31, 31) ? 64 : 32, r = bits(word, 21, 16), s = bits(word, 15, 10);

    *field =
        s >= r ? (struct field){r, 0, s - r + 1} : (struct field){0, (width - r) % width, s + 1};
    if (r >= width || s >= width || (field->from | field->to | field->length) % 8) {
        return false;
    }
    *field = (struct field){field->from / 8, field->to / 8, field->length / 8};
    return true;
}

/* SBFM, BFM, UBFM: shifts by an immediate and extensions among them. */
static void bitfield(struct movements *movements, uint32_t word)
{
    unsigned rd = bits(word, 4, 0), rn = bits(word, 9, 5), opcode = bits(word, 30, 29), end;
    bool wide = bits(word, 31, 31);
    struct field field;

    if (rd == ZR) {
        return;
    }
    if (!find_field(word, &field) || rn == ZR) {
        write(movements, MOVEMENT_COMPUTED, rd);
        return;
    }
    end = field.to + field.length;
    movements_add(movements, MOVEMENT_COPY, movements_general(rd, field.to, field.length),
                  movements_general(rn, field.from, field.length));
    if (opcode != 1) {
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(rd, 0, field.to));
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(rd, end, 8 - end));
    } else if (!wide) {
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(rd, 4, 4));
    }
}

static void data_immediate(struct movements *movements, uint32_t word)
{
    unsigned rd = bits(word, 4, 0);

    switch (bits(word, 25, 23)) {
    case 0:
    case 1:
        write(movements, MOVEMENT_CONSTANT, rd); /* ADR, ADRP */
        break;
    case 2:
        add_immediate(movements, word);
        break;
    case 3:
        if (bits(word, 22, 22)) {
            write(movements, MOVEMENT_COMPUTED, rd); /* of the smaller, the larger */
        } else {
            write_or_sp(movements, MOVEMENT_COMPUTED, rd); /* with tags */
        }
        break;
    case 4:
        logical_immediate(movements, word);
        break;
    case 5:
        move_wide(movements, word);
        break;
    case 6:
        bitfield(movements, word);
        break;
    default:
        write(movements, MOVEMENT_COMPUTED, rd); /* EXTR */
        break;
    }
}

/* Hints that sign or authenticate a register (C6.2, PACIA and others). */
static void hint(struct movements *movements, uint32_t word)
{
    unsigned number = bits(word, 11, 5);

    if (number == 7 || (number >= 24 && number <= 31)) {
        write(movements, MOVEMENT_COMPUTED, LR);
    } else if (number == 8 || number == 10 || number == 12 || number == 14) {
        write(movements, MOVEMENT_COMPUTED, 17);
    }
}

#define ZERO_BLOCK 0xd50b7420u /* DC ZVA */
#define BLOCK_MOST 2048u

/* The whole of the largest block around: which part of that is written, the watchpoint has seen. */
static void zero_block(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned reg = bits(word, 4, 0);
    uint64_t address = reg == ZR ? 0 : cpu->general[reg];

    movements_make(movements, MOVEMENT_CONSTANT,
                   movements_memory(address & ~(uint64_t)(BLOCK_MOST - 1), BLOCK_MOST));
}

static void system_instruction(struct movements *movements, const struct movements_cpu *cpu,
                               uint32_t word)
{
    bool reads = bits(word, 21, 21);

    if ((word & 0xffffffe0) == ZERO_BLOCK) {
        zero_block(movements, cpu, word);
    } else if ((word & 0xfffff01f) == 0xd503201f) {
        hint(movements, word);
    } else if (reads) {
        write(movements, bits(word, 20, 20) ? MOVEMENT_SYSTEM : MOVEMENT_COMPUTED,
              bits(word, 4, 0));
    }
}

/* HVC and SMC may be answered in x0 to x17 from outside of the guest, HLT in x0. */
static void call_out(struct movements *movements, uint32_t word)
{
    unsigned level = bits(word, 1, 0), last = bits(word, 23, 21) == 2 ? 0 : 17;

    if ((bits(word, 23, 21) == 0 && level >= 2) || bits(word, 23, 21) == 2) {
        for (unsigned i = 0; i <= last; i++) {
            write(movements, MOVEMENT_UNKNOWN, i);
        }
    }
}

static void branch(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if ((word & 0xfc000000) == 0x94000000) {
        write(movements, MOVEMENT_LINK, LR);
    } else if ((word & 0xfe000000) == 0xd6000000) {
        if (bits(word, 22, 21) == 1) { /* BLR, BLRAA and others */
            write(movements, MOVEMENT_LINK, LR);
        }
    } else if ((word & 0xff000000) == 0xd4000000) {
        call_out(movements, word);
    } else if ((word & 0xffc00000) == 0xd5000000) {
        system_instruction(movements, cpu, word);
    } else if ((word & 0xff000000) == 0xd5000000) {
        movements->unknown = true; /* 128 bits wide */
    }
}

static void logical_register(struct movements *movements, uint32_t word)
{
    bool is_move = (word & 0x7fe0ffe0) == 0x2a0003e0; /* ORR, from ZR, no shift */

    if (is_move) {
        copy(movements, bits(word, 4, 0), bits(word, 20, 16), bits(word, 31, 31));
    } else {
        write(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
    }
}

static void add_register(struct movements *movements, uint32_t word)
{
    bool extended = bits(word, 21, 21), sets_flags = bits(word, 29, 29);

    if (extended && !sets_flags) {
        write_or_sp(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
    } else {
        write(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
    }
}

static void select_one(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned rd = bits(word, 4, 0), rm = bits(word, 20, 16);
    bool plain = !bits(word, 30, 30) && bits(word, 11, 10) == 0;

    if (movements_condition(cpu, bits(word, 15, 12))) {
        copy(movements, rd, bits(word, 9, 5), bits(word, 31, 31));
    } else if (plain) {
        copy(movements, rd, rm, bits(word, 31, 31));
    } else {
        write(movements, rm == ZR ? MOVEMENT_CONSTANT : MOVEMENT_COMPUTED, rd);
    }
}

/* IRG and SUBG name the stack pointer by 31, and nothing else does. */
static void two_sources(struct movements *movements, uint32_t word)
{
    if ((word & 0xffe0fc00) == 0x9ac01000) {
        write_or_sp(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
    } else {
        write(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
    }
}

static void data_register(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    if (!bits(word, 28, 28)) {
        (bits(word, 24, 24) ? add_register : logical_register)(movements, word);
        return;
    }
    switch (bits(word, 24, 21)) {
    case 0:
        if (bits(word, 15, 10) == 0) {
            write(movements, MOVEMENT_COMPUTED,
                  bits(word, 4, 0)); /* with carry; others set flags */
        } else if (bits(word, 15, 13) == 1) {
            write(movements, MOVEMENT_COMPUTED, bits(word, 4, 0)); /* ADDPT, SUBPT */
        }
        break;
    case 2:
        break; /* conditional comparisons */
    case 4:
        select_one(movements, cpu, word);
        break;
    case 6:
        two_sources(movements, word);
        break;
    default:
        write(movements, MOVEMENT_COMPUTED, bits(word, 4, 0));
        break;
    }
}

void movements_a64(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned group = bits(word, 28, 25);

    if ((group & 14) == 8) {
        data_immediate(movements, word);
    } else if ((group & 14) == 10) {
        branch(movements, cpu, word);
    } else if ((group & 5) == 4) {
        movements_a64_memory(movements, cpu, word);
    } else if ((group & 7) == 5) {
        data_register(movements, cpu, word);
    } else if ((group & 7) == 7) {
        movements_a64_vector(movements, cpu, word);
    } else {
        movements->unknown = true; /* SVE, SME and what is no instruction */
    }
}
