/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a64_structures.h"

#define bits movements_bits

static void element(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                    unsigned byte, uint64_t address, unsigned size)
{
    struct movement_place memory = movements_memory(address, size);
    struct movement_place vector = movements_vector(byte, size);
    bool is_load = bits(word, 22, 22);

    movements_transfer(movements, cpu, is_load ? vector : memory, is_load ? memory : vector);
}

/* A whole register is one element, if the order of bytes is the same. */
static void whole(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                  unsigned reg, uint64_t address)
{
    unsigned length = bits(word, 30, 30) ? 16 : 8;
    unsigned size = cpu->big_endian ? 1u << bits(word, 11, 10) : length;

    for (unsigned at = 0; at < length; at += size) {
        element(movements, cpu, word, 16 * reg + at, address + at, size);
    }
}

static void clear_upper(struct movements *movements, uint32_t word, unsigned reg)
{
    if (bits(word, 22, 22) && !bits(word, 30, 30)) {
        movements_make(movements, MOVEMENT_EXTENSION, movements_vector(16 * reg + 8, 8));
    }
}

static void interleaved(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                        unsigned registers, uint64_t address)
{
    unsigned size = 1u << bits(word, 11, 10), length = bits(word, 30, 30) ? 16 : 8;

    for (unsigned at = 0; at < length; at += size) {
        for (unsigned i = 0; i < registers; i++) {
            unsigned reg = (bits(word, 4, 0) + i) & 31;

            element(movements, cpu, word, 16 * reg + at,
                    address + (uint64_t)at * registers + i * size, size);
        }
    }
}

static void several(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    /* By opcode: how many registers; with elements of structures in turn. */
    static const uint8_t counts[16] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2};
    unsigned opcode = bits(word, 15, 12), count = counts[opcode];
    bool in_turn = opcode % 4 == 0, wide = bits(word, 30, 30);
    uint64_t address = cpu->general[bits(word, 9, 5)];

    movements->unknown |= count == 0;
    if (in_turn && count) {
        interleaved(movements, cpu, word, count, address);
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned reg = (bits(word, 4, 0) + i) & 31;

        if (!in_turn) {
            whole(movements, cpu, word, reg, address + (uint64_t)i * (wide ? 16 : 8));
        }
        clear_upper(movements, word, reg);
    }
}

static void replicated(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                       unsigned registers)
{
    unsigned size = 1u << bits(word, 11, 10), length = bits(word, 30, 30) ? 16 : 8;
    uint64_t address = cpu->general[bits(word, 9, 5)];

    for (unsigned i = 0; i < registers; i++) {
        unsigned reg = (bits(word, 4, 0) + i) & 31;

        for (unsigned at = 0; at < length; at += size) {
            element(movements, cpu, word, 16 * reg + at, address + (uint64_t)i * size, size);
        }
        clear_upper(movements, word, reg);
    }
}

static void lane(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned registers = (bits(word, 13, 13) << 1 | bits(word, 21, 21)) + 1;
    unsigned scale = bits(word, 15, 14);
    unsigned byte = bits(word, 30, 30) << 3 | bits(word, 12, 12) << 2 | bits(word, 11, 10);
    uint64_t address = cpu->general[bits(word, 9, 5)];

    if (scale == 3) {
        replicated(movements, cpu, word, registers);
        return;
    }
    if (scale == 2 && bits(word, 10, 10)) {
        scale = 3;
    }
    byte &= ~0u << scale; /* of Q:S:size, the element's number is what is left: its first byte */
    for (unsigned i = 0; i < registers; i++) {
        unsigned reg = (bits(word, 4, 0) + i) & 31;

        element(movements, cpu, word, 16 * reg + byte, address + ((uint64_t)i << scale),
                1u << scale);
    }
}

void movements_a64_structures(struct movements *movements, const struct movements_cpu *cpu,
                              uint32_t word)
{
    if (bits(word, 31, 31)) {
        movements->unknown = true;
        return;
    }
    if (bits(word, 24, 24)) {
        lane(movements, cpu, word);
    } else {
        several(movements, cpu, word);
    }
    if (bits(word, 23, 23)) {
        movements_make(movements, MOVEMENT_COMPUTED, movements_general(bits(word, 9, 5), 0, 8));
    }
}
