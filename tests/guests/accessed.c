/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaves it to the CPU to note in the page tables what was accessed (FEAT_HAFDBS): once in a while
 * it reads through an entry that nobody has used, and changes no other memory. AArch64 only.
 */
#include "guest.h"

#define BLOCK 1ull
#define TABLE 3ull
#define ACCESSED (1ull << 10)
#define INNER_SHAREABLE (3ull << 8)
#define NEVER_EXECUTE (3ull << 53)
#define RAM 0x40000000ull
#define WINDOW 0x80000000ull
#define BLOCK_SIZE 0x200000ull
#define ENTRIES 48u

static uint64_t level2[512] __attribute__((aligned(4096)));

__attribute__((noinline)) void accessed(unsigned entry)
{
    __asm__ volatile("" ::"r"(entry) : "memory");
}

/* Half a million instructions. */
static void spin(void)
{
    uint64_t count = 250000;

    __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(count)::"cc");
}

static void map_window(void)
{
    uint64_t *level1, control;

    for (unsigned i = 0; i < 512; i++) {
        level2[i] = RAM | BLOCK | INNER_SHAREABLE | NEVER_EXECUTE;
    }
    __asm__ volatile("mrs %0, ttbr0_el1" : "=r"(level1));
    level1[WINDOW >> 30] = (uintptr_t)level2 | TABLE;
    __asm__ volatile("mrs %0, tcr_el1" : "=r"(control));
    control |= 1ull << 39; /* HA */
    __asm__ volatile(
        "dsb sy\n\tmsr tcr_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::"r"(control)
        : "memory");
}

int main(void)
{
    flat_map_on();
    map_window();
    for (unsigned i = 0; i < ENTRIES; i++) {
        spin();
        (void)*(volatile uint64_t *)(WINDOW + i * BLOCK_SIZE);
        accessed(i);
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        check(level2[i] & ACCESSED, "the CPU has noted the access");
    }
    check(!(level2[ENTRIES] & ACCESSED), "and no other");
    finish("accessed");
}
