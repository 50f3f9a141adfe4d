/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A computation that a timer interrupts all the time, also in the middle of lines, and in which a
 * software interrupt follows some of the timer's at once: for stepping over interrupts.
 */
#include "guest.h"

#define SOFTWARE_IRQ 3
#define ROUNDS 3000
#define PERIOD 4 /* microseconds: some thousand instructions */

static volatile unsigned ticks, software_interrupts;
static volatile uint32_t first, second, third, work;

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
    if (ticks % 4 == 0) {
        irq_send_to_self(SOFTWARE_IRQ);
    }
}

static void on_software(void)
{
    software_interrupts++;
}

__attribute__((noinline)) static uint32_t mix(uint32_t value)
{
    for (int i = 0; i < 10; i++) {
        value = value * 1664525 + 1013904223;
    }
    return value;
}

__attribute__((noinline)) static void body(void)
{
    first = mix(second);
    second = mix(third);
    third = first + second;
    first = third * 3;
    second = first ^ third;
    work++;
}

int main(void)
{
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_enable(SOFTWARE_IRQ, on_software);
    irq_unmask();
    timer_start(PERIOD);
    for (int round = 0; round < ROUNDS; round++) {
        body();
    }
    timer_stop();
    irq_mask();
    check(ticks > 20 && software_interrupts == ticks / 4, "interrupts came");
    print("ticks: %u, work %x\n", ticks, second);
    finish("ticks");
}
