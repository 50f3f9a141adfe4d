/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moves itself, as a kernel with KASLR does: into the upper half of addresses, by an amount that
 * the clock decides. There and before it calls functions that sign their return addresses, which
 * they do on a CPU with pointer authentication. AArch64 only. The tests know the functions' names.
 */
#include "guest.h"

#define BLOCK 1ull
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define UPPER_HALF 0xffffff8000000000ull /* with 39 bits of addresses */
#define RAM 0x40000000ull
#define SIGNED __attribute__((noinline, target("branch-protection=pac-ret")))

static uint64_t upper_level1[512] __attribute__((aligned(4096)));

volatile uint64_t depth, deepest;
extern char vectors[];

SIGNED static uint64_t inner(uint64_t n)
{
    depth++;
    __asm__ volatile("" ::: "x30", "memory"); /* so that it has a frame */
    deepest = depth > deepest ? depth : deepest;
    depth--;
    return n + deepest;
}

/* With registers to save, an early way out, and more on its stack than its frame record. */
SIGNED static uint64_t middle(uint64_t n)
{
    volatile uint64_t numbers[40];
    uint64_t sum = 0;

    if (n == 0) {
        return 0;
    }
    numbers[39] = n;
    for (unsigned i = 0; i < 2; i++) {
        numbers[i] = numbers[39] * i;
        sum += numbers[i] + inner(sum);
    }
    return sum;
}

SIGNED static uint64_t outer(uint64_t n)
{
    uint64_t result = middle(n * 3);

    __asm__ volatile("" : "+r"(result));
    return result + 1;
}

static void sign_addresses(void)
{
    uint64_t features, control;

    __asm__ volatile("mrs %0, s3_0_c0_c6_1" : "=r"(features)); /* ID_AA64ISAR1_EL1: APA, API */
    if (!(features >> 4 & 0xff)) {
        return;
    }
    __asm__ volatile("msr s3_0_c2_c1_0, %0\n\tmsr s3_0_c2_c1_1, %1\n\tisb" /* APIAKey */
                     ::"r"(0x0123456789abcdefull),
                     "r"(0xfedcba9876543210ull));
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(control | 1ull << 31)); /* EnIA */
}

static void map_upper_half(uint64_t gibibytes)
{
    uint64_t control;

    upper_level1[(RAM >> 30) + gibibytes] = RAM | BLOCK | ACCESSED | INNER_SHAREABLE;
    __asm__ volatile("dsb sy\n\tmrs %0, tcr_el1" : "=r"(control)::"memory");
    control &= ~(1ull << 23);
    control |= 25ull << 16 | 1ull << 24 | 1ull << 26 | 3ull << 28 | 2ull << 30;
    __asm__ volatile(
        "msr ttbr1_el1, %0\n\tmsr tcr_el1, %1\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::"r"(
            upper_level1),
        "r"(control)
        : "memory");
}

__attribute__((noinline)) void run_moved(void)
{
    __asm__ volatile("msr vbar_el1, %0\n\tisb" ::"r"(vectors)); /* an address relative to the PC */
    print("result %X\n", outer(7));
    finish("moved");
}

int main(void)
{
    uint64_t slide;

    flat_map_on();
    sign_addresses();
    print("result %X\n", outer(5));
    slide = UPPER_HALF + ((1 + timer_count() % 5) << 30);
    map_upper_half((slide - UPPER_HALF) >> 30);
    print("moved by %X\n", slide);
    __asm__ volatile("add sp, sp, %0\n\tblr %1" ::"r"(slide), "r"((uintptr_t)run_moved + slide)
                     : "x30", "memory");
    return 0;
}
