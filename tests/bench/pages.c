/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For arm64 Linux, as /bin/pages of a guest: fills a fifth of 256 MiB with what does not compress,
 * other contents each time but the same in each run, and computes for a while; a few times.
 */
#include "calls.h"

#define ROUNDS 6
#define PAGES 13107 /* of 4 KiB */
#define WORDS (PAGES * 512ul)
#define COMPUTED 60000000ul /* steps in a round, of five instructions */

void _start(void);

static volatile unsigned long memory[WORDS];

static inline unsigned long next(unsigned long value)
{
    value ^= value << 13;
    value ^= value >> 7;
    return value ^ value << 17;
}

void _start(void)
{
    unsigned long value = 1;

    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned long i = 0; i < WORDS; i++) {
            memory[i] = value = next(value);
        }
        for (unsigned long i = 0; i < COMPUTED; i++) {
            value = next(value);
            __asm__ volatile("" : "+r"(value));
        }
    }
    leave(0);
}
