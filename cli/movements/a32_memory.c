/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "a32_memory.h"

#include "a32_registers.h"

#define USER 0x10u
#define bits movements_bits

static void one(struct movements *movements, const struct movements_cpu *cpu, unsigned reg,
                uint32_t address, unsigned length, bool is_load)
{
    (is_load ? a32_load : a32_store)(movements, cpu, reg, address, length);
}

/* The address of an access, by P, U and W (bits 24, 23, 21). */
static uint32_t address_of(const struct movements_cpu *cpu, uint32_t word, uint32_t offset)
{
    uint32_t base = a32_base(cpu, bits(word, 19, 16));

    if (!bits(word, 24, 24)) {
        return base;
    }
    return bits(word, 23, 23) ? base + offset : base - offset;
}

static void write_back(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    if (!bits(word, 24, 24) || bits(word, 21, 21)) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, bits(word, 19, 16));
    }
}

static uint32_t shifted(const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t value = a32_value(cpu, bits(word, 3, 0)), amount = bits(word, 11, 7);
    uint32_t carry = cpu->psr >> 29 & 1;

    switch (bits(word, 6, 5)) {
    case 0:
        return value << amount;
    case 1:
        return amount ? value >> amount : 0;
    case 2:
        return (uint32_t)((int32_t)value >> (amount ? amount : 31));
    default:
        return amount ? value >> amount | value << (32 - amount) : carry << 31 | value >> 1;
    }
}

void a32_word_or_byte(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t offset = bits(word, 25, 25) ? shifted(cpu, word) : bits(word, 11, 0);

    one(movements, cpu, bits(word, 15, 12), address_of(cpu, word, offset),
        bits(word, 22, 22) ? 1 : 4, bits(word, 20, 20));
    write_back(movements, cpu, word);
}

void a32_half_or_double(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t offset = bits(word, 22, 22) ? bits(word, 11, 8) << 4 | bits(word, 3, 0)
                                         : a32_value(cpu, bits(word, 3, 0));
    uint32_t address = address_of(cpu, word, offset);
    unsigned reg = bits(word, 15, 12), kind = bits(word, 6, 5);

    if (!bits(word, 20, 20) && kind >= 2) { /* LDRD, STRD */
        one(movements, cpu, reg & 14, address, 4, kind == 2);
        one(movements, cpu, reg | 1, address + 4, 4, kind == 2);
    } else {
        one(movements, cpu, reg, address, kind == 2 ? 1 : 2, bits(word, 20, 20));
    }
    write_back(movements, cpu, word);
}

static void swap(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t address = a32_value(cpu, bits(word, 19, 16));
    unsigned length = bits(word, 22, 22) ? 1 : 4;

    a32_load(movements, cpu, bits(word, 15, 12), address, length);
    a32_store(movements, cpu, bits(word, 3, 0), address, length);
}

/* By bits 22 and 21: a word, two, a byte, a halfword. Bits 9 and 8: ordered, exclusive or both. */
void a32_exclusive(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    static const uint8_t lengths[4] = {4, 4, 1, 2};
    unsigned size = bits(word, 22, 21), length = lengths[size];
    bool is_load = bits(word, 20, 20), exclusive = bits(word, 9, 9);
    unsigned reg = is_load ? bits(word, 15, 12) : bits(word, 3, 0);
    uint32_t address = a32_value(cpu, bits(word, 19, 16));

    if (!bits(word, 23, 23)) {
        swap(movements, cpu, word);
        return;
    }
    one(movements, cpu, reg, address, length, is_load);
    if (size == 1) {
        one(movements, cpu, reg | 1, address + 4, length, is_load);
    }
    if (!is_load && exclusive) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, bits(word, 15, 12));
        a32_may_fail(movements);
    }
}

void a32_list(struct movements *movements, const struct movements_cpu *cpu, uint32_t list,
              uint32_t address, bool is_load)
{
    for (unsigned i = 0; i < 16; i++) {
        if (list >> i & 1) {
            one(movements, cpu, i, address, 4, is_load);
            address += 4;
        }
    }
}

static unsigned count(uint32_t list)
{
    unsigned count = 0;

    for (; list; list &= list - 1) {
        count++;
    }
    return count;
}

/* With S (bit 22), registers are user mode's, but in a load of the PC, which returns. */
void a32_multiple(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    uint32_t list = bits(word, 15, 0), base = a32_value(cpu, bits(word, 19, 16));
    uint32_t size = 4 * count(list);
    bool before = bits(word, 24, 24), up = bits(word, 23, 23), is_load = bits(word, 20, 20);
    struct movements_cpu bank = *cpu;

    if (bits(word, 22, 22) && !(is_load && list >> A32_PC)) {
        bank.mode = USER;
    }
    base = up ? base + (before ? 4 : 0) : base - size + (before ? 0 : 4);
    a32_list(movements, &bank, list, base, is_load);
    if (bits(word, 21, 21)) {
        a32_write(movements, cpu, MOVEMENT_COMPUTED, bits(word, 19, 16));
    }
}
