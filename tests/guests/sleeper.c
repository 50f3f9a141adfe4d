/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleeps (WFI) most of the time, with interrupts masked and unmasked, in one function and in
 * another: each wake-up leaves its mark, and what is between two sleeps is short.
 */
#include "guest.h"

#define SHORT_SLEEPS 120
#define LONG_SLEEPS 12
#define SHORT 1000 /* microseconds */
#define LONG 15000

static volatile unsigned ticks;
static volatile uint32_t checksum;
static volatile unsigned wakes;

static void on_tick(void)
{
    timer_stop();
    ticks++;
    checksum = (checksum << 5 | checksum >> 27) ^ wakes;
}

__attribute__((noinline)) static void sleep_unmasked(uint32_t microseconds)
{
    unsigned before = ticks;

    timer_start(microseconds);
    while (ticks == before) {
        wait_for_interrupt();
        wakes++;
    }
}

/* A masked interrupt ends the sleep, and is taken when it is unmasked. */
__attribute__((noinline)) static void sleep_masked(uint32_t microseconds)
{
    unsigned before = ticks;

    irq_mask();
    timer_start(microseconds);
    wait_for_interrupt();
    wakes += 3;
    check(ticks == before, "no interrupt while they are masked");
    irq_unmask();
    while (ticks == before) {
        wait_for_interrupt();
    }
}

int main(void)
{
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    for (unsigned i = 0; i < SHORT_SLEEPS; i++) {
        sleep_unmasked(SHORT);
        sleep_masked(SHORT + i);
    }
    for (unsigned i = 0; i < LONG_SLEEPS; i++) {
        sleep_masked(LONG);
    }
    irq_mask();
    check(ticks == 2 * SHORT_SLEEPS + LONG_SLEEPS, "each sleep ended by its interrupt");
    print("sleeper: %u wake-ups, checksum %x\n", wakes, checksum);
    finish("sleeper");
}
