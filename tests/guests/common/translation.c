/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Switching the MMU on, for tables of the long-descriptor format. */
#include "guest.h"

#define SWITCHES 0x1005 /* MMU, data and instruction cache */

#ifdef __aarch64__
void translation_on(const uint64_t *tables)
{
    uint64_t control;

    __asm__ volatile("msr mair_el1, %0" ::"r"(0x04fful)); /* 0: normal, 1: device */
    /* 32 bits of address space, 4 KiB pages, walks cached, nothing in TTBR1 */
    __asm__ volatile("msr tcr_el1, %0" ::"r"(32ul | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23));
    __asm__ volatile("msr ttbr0_el1, %0" ::"r"(tables));
    __asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(control | SWITCHES) : "memory");
}
#else
void translation_on(const uint64_t *tables)
{
    uint32_t control;

    __asm__ volatile("mcr p15, 0, %0, c10, c2, 0" ::"r"(0x04ff)); /* MAIR0 */
    __asm__ volatile("mcr p15, 0, %0, c2, c0, 2" ::"r"(1u << 31 | 1 << 8 | 1 << 10 | 3 << 12));
    __asm__ volatile("mcrr p15, 0, %0, %1, c2" ::"r"(tables), "r"(0)); /* TTBR0 */
    __asm__ volatile("isb\n\tmcr p15, 0, %0, c8, c7, 0\n\tdsb\n\tisb" ::"r"(0) : "memory");
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control | SWITCHES) : "memory");
}
#endif
