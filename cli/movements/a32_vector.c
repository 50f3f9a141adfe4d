/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a32_vector.h"

#include "a32_registers.h"

#include "cli/arm_state.h"

#define bits movements_bits

static unsigned d_number(uint32_t word) /* Vd */
{
    return bits(word, 22, 22) << 4 | bits(word, 15, 12);
}

static unsigned s_number(uint32_t word)
{
    return bits(word, 15, 12) << 1 | bits(word, 22, 22);
}

static unsigned m_number(uint32_t word) /* Vm, of doublewords */
{
    return bits(word, 5, 5) << 4 | bits(word, 3, 0);
}

/* All that an instruction can write which names Dd. */
static void maybe(struct movements *movements, unsigned d)
{
    movements_make(movements, MOVEMENT_UNKNOWN, movements_vector(8 * (d & 30), 16));
}

static void transfer(struct movements *movements, const struct movements_cpu *cpu, unsigned byte,
                     unsigned length, uint32_t address, bool is_load)
{
    struct movement_place memory = movements_memory(address, length);
    struct movement_place vector = movements_vector(byte, length);

    movements_transfer(movements, cpu, is_load ? vector : memory, is_load ? memory : vector);
}

/* VLDM, VSTM, VPUSH, VPOP. */
static void multiple(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    bool wide = bits(word, 8, 8), is_load = bits(word, 20, 20);
    unsigned size = wide ? 8 : 4, count = wide ? bits(word, 7, 1) : bits(word, 7, 0);
    unsigned byte = wide ? 8 * d_number(word) : 4 * s_number(word);
    uint32_t address = a32_base(cpu, bits(word, 19, 16));

    if (bits(word, 24, 24)) { /* downwards */
        address -= 4 * bits(word, 7, 0);
    }
    for (unsigned i = 0; i < count && byte + i * size < 256; i++) {
        transfer(movements, cpu, byte + i * size, size, address + i * size, is_load);
    }
    if (bits(word, 21, 21)) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, bits(word, 19, 16));
    }
}

/* VLDR, VSTR. */
static void single(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned size = bits(word, 9, 8) == 1 ? 2 : bits(word, 9, 8) == 2 ? 4 : 8;
    uint32_t offset = bits(word, 7, 0) * (size == 2 ? 2 : 4);
    uint32_t base = a32_base(cpu, bits(word, 19, 16));

    transfer(movements, cpu, size == 8 ? 8 * d_number(word) : 4 * s_number(word), size,
             bits(word, 23, 23) ? base + offset : base - offset, bits(word, 20, 20));
}

static void across(struct movements *movements, const struct movements_cpu *cpu, unsigned byte,
                   unsigned reg, unsigned length, bool to_core)
{
    struct movement_place vector = movements_vector(byte, length);
    struct movement_place core = movements_general(arm_state_bank(cpu->mode, reg), 0, length);

    if (reg != A32_PC) {
        movements_add(movements, MOVEMENT_COPY, to_core ? core : vector, to_core ? vector : core);
    }
    if (to_core && length < 4) {
        core.address += length;
        core.length = 4 - length;
        movements_make(movements, MOVEMENT_EXTENSION, core);
    }
}

/* VMOV of two core registers. */
static void two(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned m = bits(word, 3, 0);
    unsigned byte = bits(word, 8, 8) ? 8 * m_number(word) : 4 * (m << 1 | bits(word, 5, 5));

    across(movements, cpu, byte, bits(word, 15, 12), 4, bits(word, 20, 20));
    across(movements, cpu, byte + 4, bits(word, 19, 16), 4, bits(word, 20, 20));
}

/* VMOV of an element: bits 22 to 21 and 6 to 5 are its size and number. */
static void element(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned d = bits(word, 7, 7) << 4 | bits(word, 19, 16);
    unsigned opcode = bits(word, 22, 21) << 2 | bits(word, 6, 5);
    bool to_core = bits(word, 20, 20);

    if (!to_core && bits(word, 23, 23)) { /* VDUP */
        maybe(movements, d);
    } else if (opcode & 8) {
        across(movements, cpu, 8 * d + (opcode & 7), bits(word, 15, 12), 1, to_core);
    } else if (opcode & 1) {
        across(movements, cpu, 8 * d + (opcode >> 1 & 3) * 2, bits(word, 15, 12), 2, to_core);
    } else {
        across(movements, cpu, 8 * d + (opcode >> 2 & 1) * 4, bits(word, 15, 12), 4, to_core);
    }
}

static void core_transfer(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    if (bits(word, 8, 8)) {
        element(movements, cpu, word);
    } else if (bits(word, 23, 21) == 0) {
        across(movements, cpu, 4 * (bits(word, 19, 16) << 1 | bits(word, 7, 7)), bits(word, 15, 12),
               4, bits(word, 20, 20));
    } else if (bits(word, 23, 21) == 7) {
        if (bits(word, 20, 20)) {
            a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 15, 12)); /* VMRS */
        }
    } else {
        movements->unknown = true;
    }
}

static void floating(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    bool same = (word & 0x0fbf0ed0) == 0x0eb00a40; /* VMOV */

    (void)cpu;
    if (same && bits(word, 8, 8)) {
        movements_add(movements, MOVEMENT_COPY, movements_vector(8 * d_number(word), 8),
                      movements_vector(8 * m_number(word), 8));
    } else if (same) {
        movements_add(movements, MOVEMENT_COPY, movements_vector(4 * s_number(word), 4),
                      movements_vector(4 * (bits(word, 3, 0) << 1 | bits(word, 5, 5)), 4));
    } else {
        maybe(movements, d_number(word));
        maybe(movements, s_number(word) / 2);
    }
}

/* CP10 and CP11. */
static void vector(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (bits(word, 31, 28) == 15) {
        maybe(movements, d_number(word));
        maybe(movements, s_number(word) / 2);
    } else if (bits(word, 25, 25)) {
        (bits(word, 4, 4) ? core_transfer : floating)(movements, cpu, word);
    } else if (bits(word, 24, 21) == 2) {
        two(movements, cpu, word);
    } else if (bits(word, 24, 24) && !bits(word, 21, 21)) {
        single(movements, cpu, word);
    } else {
        multiple(movements, cpu, word);
    }
}

/* MRC, MRRC: system registers. */
static void system_register(struct movements *movements, const struct movements_cpu *cpu,
                            uint32_t word)
{
    if (bits(word, 25, 25)) {
        if (bits(word, 4, 4) && bits(word, 20, 20)) {
            a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 15, 12));
        }
    } else if (bits(word, 24, 20) == 5) {
        a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 15, 12));
        a32_write(movements, cpu, MOVEMENT_SYSTEM, bits(word, 19, 16));
    } else if (bits(word, 24, 20) != 4) {
        movements->unknown = true; /* LDC, STC */
    }
}

void movements_a32_coprocessor(struct movements *movements, const struct movements_cpu *cpu,
                               uint32_t word)
{
    if (bits(word, 25, 24) == 3) {
        return; /* SVC */
    }
    if (bits(word, 11, 9) == 5 ||
        (bits(word, 31, 28) == 15 && bits(word, 11, 8) >= 8 && bits(word, 11, 10) == 2)) {
        vector(movements, cpu, word);
    } else if (bits(word, 11, 8) == 9) {
        vector(movements, cpu, word); /* of half precision */
    } else {
        system_register(movements, cpu, word);
    }
}

/* VLD1 to VLD4 and VST1 to VST4. */
static void structures(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    /* By type: how many registers of elements that are in a row. */
    static const uint8_t counts[16] = {[2] = 4, [6] = 3, [7] = 1, [10] = 2};
    unsigned count = bits(word, 23, 23) ? 0 : counts[bits(word, 11, 8)], d = d_number(word);
    uint32_t address = a32_value(cpu, bits(word, 19, 16));
    unsigned size = cpu->big_endian ? 1u << bits(word, 7, 6) : 8;

    for (unsigned at = 0; at < 8 * count && 8 * d + at < 256; at += size) {
        transfer(movements, cpu, 8 * d + at, size, address + at, bits(word, 21, 21));
    }
    for (unsigned i = 0; count == 0 && i < 8; i++) {
        maybe(movements, (d + i) & 31);
    }
    movements->unknown |= count == 0;
    if (bits(word, 3, 0) != A32_PC) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, bits(word, 19, 16));
    }
}

/* VMOV, VORR of a register with itself; of the rest, some write the other operand as well. */
static void data(struct movements *movements, uint32_t word)
{
    unsigned d = d_number(word), m = m_number(word), n = bits(word, 7, 7) << 4 | bits(word, 19, 16);
    bool same = (word & 0xffb00f10) == 0xf2200110 && n == m;

    if (same) {
        unsigned length = bits(word, 6, 6) ? 16 : 8;

        movements_add(movements, MOVEMENT_COPY, movements_vector(8 * d, length),
                      movements_vector(8 * m, length));
        return;
    }
    maybe(movements, d);
    if ((word & 0xffb30c10) == 0xf3b20000) { /* VSWP, VTRN, VUZP, VZIP */
        maybe(movements, m);
    }
}

void movements_a32_simd(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (bits(word, 27, 24) == 4) {
        structures(movements, cpu, word);
    } else {
        data(movements, word);
    }
}
