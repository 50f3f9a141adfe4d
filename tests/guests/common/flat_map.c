/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MMU on, every address mapped to itself, with the caches: page tables of the long-descriptor
 * format, which are the same for AArch64 and for ARMv7 with the large physical address extension.
 */
#include "board.h"
#include "guest.h"

#define BLOCK 1ull
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define NEVER_EXECUTE (3ull << 53)
#define NORMAL (0ull << 2)
#define DEVICE (1ull << 2)

#define DEVICES 0ull
#define RAM 0x40000000ull
#define SWITCHES 0x1005 /* MMU, data and instruction cache */

/* One entry for each of the four GiB; the upper two are not mapped. */
static uint64_t level1[4] __attribute__((aligned(4096)));

#ifdef __aarch64__
static void switch_on(void)
{
    uint64_t control;

    __asm__ volatile("msr mair_el1, %0" ::"r"(0x04fful)); /* 0: normal, 1: device */
    /* 32 bits of address space, 4 KiB pages, walks cached, nothing in TTBR1 */
    __asm__ volatile("msr tcr_el1, %0" ::"r"(32ul | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23));
    __asm__ volatile("msr ttbr0_el1, %0" ::"r"(level1));
    __asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(control | SWITCHES) : "memory");
}
#else
static void switch_on(void)
{
    uint32_t control;

    __asm__ volatile("mcr p15, 0, %0, c10, c2, 0" ::"r"(0x04ff)); /* MAIR0 */
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 2" ::"r"(1u << 31 | 1 << 8 | 1 << 10 | 3 << 12));
    __asm__ volatile("mcrr p15, 0, %0, %1, c2" ::"r"(level1), "r"(0)); /* TTBR0 */
    __asm__ volatile("isb\n\tmcr p15, 0, %0, c8, c7, 0\n\tdsb\n\tisb" ::"r"(0) : "memory");
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control | SWITCHES) : "memory");
}
#endif

void flat_map_on(void)
{
    level1[0] = DEVICES | BLOCK | ACCESSED | DEVICE | NEVER_EXECUTE;
    level1[1] = RAM | BLOCK | ACCESSED | INNER_SHAREABLE | NORMAL;
    __asm__ volatile("dsb sy" ::: "memory");
    switch_on();
}
