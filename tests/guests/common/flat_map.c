/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MMU on, every address mapped to itself, with the caches: page tables of the long-descriptor
 * format, which are the same for AArch64 and for ARMv7 with the large physical address extension.
 */
#include "guest.h"

#define BLOCK 1ull
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define NEVER_EXECUTE (3ull << 53)
#define NORMAL (0ull << 2)
#define DEVICE (1ull << 2)

#define DEVICES 0ull
#define RAM 0x40000000ull

/* One entry for each of the four GiB; the upper two are not mapped. */
static uint64_t level1[4] __attribute__((aligned(4096)));

void flat_map_on(void)
{
    level1[0] = DEVICES | BLOCK | ACCESSED | DEVICE | NEVER_EXECUTE;
    level1[1] = RAM | BLOCK | ACCESSED | INNER_SHAREABLE | NORMAL;
    __asm__ volatile("dsb sy" ::: "memory");
    translation_on(level1);
}
