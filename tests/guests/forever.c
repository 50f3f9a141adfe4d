/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Works and takes timer interrupts without end; says now and then that it is alive. */
#include "guest.h"

#define PERIOD 1000 /* microseconds */
#define WORDS 16384

static volatile unsigned ticks;
static uint32_t words[WORDS];

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
}

int main(void)
{
    uint32_t round;

    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    for (round = 1;; round++) {
        for (unsigned i = 0; i < WORDS; i++) {
            words[i] = words[i] * 1664525 + round + ticks;
        }
        print("forever: round %u\n", round);
    }
}
