/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of source that take hundreds of thousands of instructions: for commands that step by lines.
 * The tests know the lines that are marked.
 */
#include "guest.h"

#define ROUNDS 25000 /* of twelve instructions */
#define PERIOD 20    /* microseconds */

/* To debuggers, all of it is one line. */
#define REPEAT(count, statement)                                                                   \
    while (count--) {                                                                              \
        statement;                                                                                 \
    }                                                                                              \
    (void)0

static volatile unsigned ticks;
volatile uint32_t work, landmark;

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
}

__attribute__((noinline)) static uint32_t mix(uint32_t value)
{
    return value * 1664525 + 1013904223;
}

__attribute__((noinline)) static void compute(unsigned rounds)
{
    landmark++;                                         /* mark: before */
    REPEAT(rounds, work = work * 1664525 + 1013904223); /* mark: loop */
    landmark++;                                         /* mark: behind */
}

__attribute__((noinline)) static void compute_in_calls(unsigned rounds)
{
    landmark++;                       /* mark: before calls */
    REPEAT(rounds, work = mix(work)); /* mark: calls */
    landmark++;                       /* mark: behind calls */
}

int main(void)
{
    compute(ROUNDS); /* mark: quiet */
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    compute(ROUNDS); /* mark: interrupted */
    timer_stop();
    irq_mask();
    compute_in_calls(20);
    check(ticks > 5, "interrupts came");
    print("lines: %u, %x\n", landmark, work);
    finish("lines");
}
