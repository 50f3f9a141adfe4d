/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One of several writers overwrites what is not its own, in a round taken at random: what the bare
 * guest and the Linux program of this name do.
 */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stdint.h>

#define CULPRIT_WRITERS 4u
#define CULPRIT_ROUNDS 400u
#define CULPRIT_GOOD 0x600du

volatile uint32_t guarded = CULPRIT_GOOD;
volatile uint32_t rounds;
static volatile uint32_t own[64];

#define WRITER(number)                                                                             \
    __attribute__((noinline)) static void writer_##number(volatile uint32_t *where,                \
                                                          uint32_t value)                          \
    {                                                                                              \
        *where = value + number;                                                                   \
    }
WRITER(0)
WRITER(1)
WRITER(2)
WRITER(3)

/* Called right behind the wrong store: a place for a breakpoint. */
__attribute__((noinline)) void culprit_wrote(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) static uint32_t culprit_work(uint32_t seed)
{
    for (unsigned i = 0; i < 3000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        own[i % 64] += seed;
    }
    return seed;
}

/* The random numbers say in which round, and which of the writers. */
static void culprit_run(uint32_t round, uint32_t writer)
{
    static void (*const writers[])(volatile uint32_t *, uint32_t) = {writer_0, writer_1, writer_2,
                                                                     writer_3};
    uint32_t seed = 1;

    for (rounds = 0; rounds < CULPRIT_ROUNDS; rounds++) {
        seed = culprit_work(seed);
        for (unsigned i = 0; i < CULPRIT_WRITERS; i++) {
            if (rounds == round % CULPRIT_ROUNDS && i == writer % CULPRIT_WRITERS) {
                writers[i](&guarded, 0xbad0);
                culprit_wrote();
            } else {
                writers[i](&own[i], seed);
            }
        }
    }
}

#endif
