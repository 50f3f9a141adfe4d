/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a64_memory.h"

#include "a64_structures.h"

#define ZR 31u
#define bits movements_bits

/* Bytes of memory into a register, of whose length bytes the rest is filled. */
static void load(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                 uint64_t address, unsigned length)
{
    if (reg != ZR) {
        movements_transfer(movements, cpu, movements_general(reg, 0, length),
                           movements_memory(address, length));
        movements_make(movements, MOVEMENT_EXTENSION, movements_general(reg, length, 8 - length));
    }
}

static void store(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                  uint64_t address, unsigned length)
{
    if (reg == ZR) {
        movements_make(movements, MOVEMENT_CONSTANT, movements_memory(address, length));
    } else {
        movements_transfer(movements, cpu, movements_memory(address, length),
                           movements_general(reg, 0, length));
    }
}

static void vector(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                   uint64_t address, unsigned length, bool is_load)
{
    struct movement_place memory = movements_memory(address, length);
    struct movement_place vector = movements_vector(16 * reg, length);

    movements_transfer(movements, cpu, is_load ? vector : memory, is_load ? memory : vector);
    if (is_load) {
        movements_make(movements, MOVEMENT_EXTENSION,
                       movements_vector(16 * reg + length, 16 - length));
    }
}

static void one(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                uint64_t address, unsigned length, bool is_load)
{
    (is_load ? load : store)(movements, cpu, reg, address, length);
}

static void write_back(struct movements *movements, unsigned base)
{
    movements_make(movements, MOVEMENT_COMPUTED, movements_general(base, 0, 8));
}

static void mark(struct movements *movements)
{
    for (unsigned i = 0; i < movements->count; i++) {
        movements->list[i].may_fail = movements->list[i].to.space == MOVEMENT_MEMORY;
    }
}

static void compare_and_swap_pair(struct movements *movements, const struct movements_cpu *cpu,
                                  uint32_t word)
{
    unsigned size = bits(word, 30, 30) ? 8 : 4, rs = bits(word, 20, 16), rt = bits(word, 4, 0);
    uint64_t address = cpu->general[bits(word, 9, 5)];

    for (unsigned i = 0; i < 2; i++) {
        load(movements, cpu, (rs + i) & 31, address + i * size, size);
        store(movements, cpu, (rt + i) & 31, address + i * size, size);
    }
    mark(movements);
}

static void exclusive_pair(struct movements *movements, const struct movements_cpu *cpu,
                           uint32_t word)
{
    unsigned size = bits(word, 30, 30) ? 8 : 4;
    uint64_t address = cpu->general[bits(word, 9, 5)];
    bool is_load = bits(word, 22, 22);

    one(movements, cpu, bits(word, 4, 0), address, size, is_load);
    one(movements, cpu, bits(word, 14, 10), address + size, size, is_load);
}

static void status(struct movements *movements, uint32_t word)
{
    if (bits(word, 20, 16) != ZR) {
        movements_make(movements, MOVEMENT_COMPUTED, movements_general(bits(word, 20, 16), 0, 8));
    }
    mark(movements);
}

/* Exclusive, ordered, compare and swap: o2, o1 (bits 23 and 21) tell them apart. */
static void exclusive(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned size = 1u << bits(word, 31, 30), rt = bits(word, 4, 0), rs = bits(word, 20, 16);
    uint64_t address = cpu->general[bits(word, 9, 5)];
    bool is_load = bits(word, 22, 22), o2 = bits(word, 23, 23), o1 = bits(word, 21, 21);

    if (o2 && o1) {
        load(movements, cpu, rs, address, size);
        store(movements, cpu, rt, address, size);
        mark(movements);
        return;
    }
    if (o1 && !bits(word, 31, 31)) {
        compare_and_swap_pair(movements, cpu, word);
        return;
    }
    if (o1) {
        exclusive_pair(movements, cpu, word);
    } else {
        one(movements, cpu, rt, address, size, is_load);
    }
    if (!o2 && !is_load) {
        status(movements, word);
    }
}

static void literal(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned opcode = bits(word, 31, 30);
    uint64_t address = cpu->pc + (uint64_t)movements_signed(bits(word, 23, 5), 19) * 4;

    if (bits(word, 26, 26)) {
        if (opcode < 3) {
            vector(movements, cpu, bits(word, 4, 0), address, 4u << opcode, true);
        } else {
            movements->unknown = true;
        }
    } else if (opcode < 3) {
        load(movements, cpu, bits(word, 4, 0), address, opcode == 1 ? 8 : 4);
    }
}

static void pair_of(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                    uint64_t address)
{
    unsigned opcode = bits(word, 31, 30), rt = bits(word, 4, 0), rt2 = bits(word, 14, 10);
    unsigned size = bits(word, 26, 26) ? 4u << opcode : opcode == 2 ? 8 : 4;
    bool is_load = bits(word, 22, 22);

    if (bits(word, 26, 26)) {
        vector(movements, cpu, rt, address, size, is_load);
        vector(movements, cpu, rt2, address + size, size, is_load);
    } else {
        one(movements, cpu, rt, address, size, is_load);
        one(movements, cpu, rt2, address + size, size, is_load);
    }
}

static void pair(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned opcode = bits(word, 31, 30), base = bits(word, 9, 5), way = bits(word, 24, 23);
    unsigned scale = bits(word, 26, 26) ? 4u << opcode : opcode == 2 ? 8 : 4;
    uint64_t address = cpu->general[base];

    if (opcode == 3 || (opcode == 1 && !bits(word, 26, 26) && !bits(word, 22, 22))) {
        movements->unknown = true; /* STGP, and what came later */
        return;
    }
    if (way != 1) {
        address += (uint64_t)movements_signed(bits(word, 21, 15), 7) * scale;
    }
    pair_of(movements, cpu, word, address);
    if (way & 1) {
        write_back(movements, base);
    }
}

/* One register, by size (31:30), V (26) and opc (23:22). */
static void single(struct movements *movements, const struct movements_cpu *cpu, uint32_t word,
                   uint64_t address)
{
    unsigned size = bits(word, 31, 30), opcode = bits(word, 23, 22), rt = bits(word, 4, 0);

    if (!bits(word, 26, 26)) {
        if (size < 3 || opcode < 2) { /* else it is a prefetch */
            one(movements, cpu, rt, address, 1u << size, opcode != 0);
        }
    } else if (size == 0 || opcode < 2) {
        vector(movements, cpu, rt, address, 1u << (opcode < 2 ? size : 4), opcode & 1);
    } else {
        movements->unknown = true;
    }
}

static uint64_t extended(const struct movements_cpu *cpu, uint32_t word)
{
    unsigned rm = bits(word, 20, 16), option = bits(word, 15, 13);
    uint64_t value = rm == ZR ? 0 : cpu->general[rm];
    unsigned scale = bits(word, 26, 26) && bits(word, 23, 23) ? 4 : bits(word, 31, 30);

    if (option == 2) {
        value = (uint32_t)value;
    } else if (option == 6) {
        value = (uint64_t)movements_signed(value, 32);
    }
    return bits(word, 12, 12) ? value << scale : value;
}

static void atomic(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned size = 1u << bits(word, 31, 30), opcode = bits(word, 14, 12), rt = bits(word, 4, 0);
    uint64_t address = cpu->general[bits(word, 9, 5)];
    bool o3 = bits(word, 15, 15);

    if (bits(word, 26, 26) || (o3 && opcode != 0 && opcode != 4)) {
        movements->unknown = true;
        return;
    }
    load(movements, cpu, rt, address, size);
    if (!o3) {
        movements_make(movements, MOVEMENT_COMPUTED, movements_memory(address, size));
    } else if (opcode == 0) {
        store(movements, cpu, bits(word, 20, 16), address, size);
    }
}

/* LDRAA, LDRAB: of the address, the code is not a part. */
static void authenticated(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    unsigned base = bits(word, 9, 5);
    uint64_t offset = bits(word, 22, 22) << 9 | bits(word, 20, 12);
    uint64_t address = cpu->general[base], plain = address & ((1ull << 48) - 1);

    if (bits(word, 31, 30) != 3 || bits(word, 26, 26)) {
        movements->unknown = true;
        return;
    }
    plain |= address >> 55 & 1 ? ~((1ull << 48) - 1) : 0;
    load(movements, cpu, bits(word, 4, 0), plain + (uint64_t)movements_signed(offset, 10) * 8, 8);
    if (bits(word, 11, 11)) {
        write_back(movements, base);
    }
}

static void immediate(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    unsigned base = bits(word, 9, 5), way = bits(word, 11, 10);
    uint64_t offset = (uint64_t)movements_signed(bits(word, 20, 12), 9);

    single(movements, cpu, word, cpu->general[base] + (way == 1 ? 0 : offset));
    if (way & 1) {
        write_back(movements, base);
    }
}

static void by_register(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint64_t base = cpu->general[bits(word, 9, 5)];
    unsigned scale = bits(word, 26, 26) && bits(word, 23, 23) ? 4 : bits(word, 31, 30);

    if (bits(word, 24, 24)) {
        single(movements, cpu, word, base + ((uint64_t)bits(word, 21, 10) << scale));
    } else if (!bits(word, 21, 21)) {
        immediate(movements, cpu, word);
    } else if (bits(word, 11, 10) == 2) {
        single(movements, cpu, word, base + extended(cpu, word));
    } else if (bits(word, 11, 10) == 0) {
        atomic(movements, cpu, word);
    } else {
        authenticated(movements, cpu, word);
    }
}

/* LDAPUR and STLUR, allocation tags, copies of memory. */
static void later(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (!bits(word, 21, 21) && bits(word, 11, 10) == 0) {
        single(movements, cpu, word,
               cpu->general[bits(word, 9, 5)] + (uint64_t)movements_signed(bits(word, 20, 12), 9));
    } else {
        movements->unknown = true;
    }
}

void movements_a64_memory(struct movements *movements, const struct movements_cpu *cpu,
                          uint32_t word)
{
    switch (bits(word, 29, 28)) {
    case 0:
        if (bits(word, 26, 26)) {
            movements_a64_structures(movements, cpu, word);
        } else if (bits(word, 24, 24)) {
            movements->unknown = true;
        } else {
            exclusive(movements, cpu, word);
        }
        break;
    case 1:
        if (bits(word, 24, 24)) {
            later(movements, cpu, word);
        } else {
            literal(movements, cpu, word);
        }
        break;
    case 2:
        pair(movements, cpu, word);
        break;
    default:
        by_register(movements, cpu, word);
        break;
    }
}
