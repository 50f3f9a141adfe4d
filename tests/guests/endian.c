/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers in memory in this byte order and in the other one, which the CPU is switched to and back.
 * Built for both: as endian it is big-endian from its first instruction, as otherend little-endian.
 * The tests know the names and the values.
 */
#include "guest.h"

#define ROUNDS 8

volatile uint32_t own;
volatile uint32_t other;
volatile uint64_t wide;
volatile unsigned rounds;

/* A store in the byte order that is not ours. */
__attribute__((noinline)) static void store_swapped(volatile uint32_t *to, uint32_t value)
{
#ifdef __aarch64__
    uint64_t control;

    __asm__ volatile("mrs %0, sctlr_el1\n\teor %0, %0, #0x2000000\n\t" /* EE */
                     "msr sctlr_el1, %0\n\tisb\n\t"
                     "str %w2, [%1]\n\t"
                     "eor %0, %0, #0x2000000\n\tmsr sctlr_el1, %0\n\tisb"
                     : "=&r"(control)
                     : "r"(to), "r"(value)
                     : "memory");
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    __asm__ volatile("setend le\n\tstr %1, [%0]\n\tsetend be" ::"r"(to), "r"(value) : "memory");
#else
    __asm__ volatile("setend be\n\tstr %1, [%0]\n\tsetend le" ::"r"(to), "r"(value) : "memory");
#endif
}

__attribute__((noinline)) static void one_round(uint32_t value)
{
    own = value;
    store_swapped(&other, value);
    check(other == __builtin_bswap32(value), "the other order");
    wide = (uint64_t)value << 32 | rounds;
    rounds++; /* mark: round */
}

int main(void)
{
    uint32_t round;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    check(*(volatile uint8_t *)&rounds == 0, "a byte");
    print("endian: big\n");
#endif
    for (round = 0; round < ROUNDS; round++) {
        one_round(0x11223300 + round);
    }
    finish("endian");
}
