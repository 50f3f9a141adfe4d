/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Timer interrupts and software-generated ones, while the guest computes and while it sleeps. How
 * far the computation is at each tick goes into a checksum, so that an interrupt replayed at
 * another instruction changes what is printed.
 */
#include "guest.h"

#define SOFTWARE_IRQ 3
#define BUSY_TICKS 40
#define SLEEPY_TICKS 40
#define PERIOD 500 /* microseconds */

static volatile unsigned ticks;
static volatile unsigned software_interrupts;
static volatile uint32_t work;
static volatile uint32_t checksum;
static uint64_t last_count;

static void mix(uint32_t value)
{
    checksum = (checksum << 5 | checksum >> 27) ^ value;
}

static void on_tick(void)
{
    uint64_t now = timer_count();

    check(timer_expired(), "timer has expired");
    check(now > last_count, "time moves on");
    last_count = now;
    ticks++;
    mix(work);
    mix(now);
    timer_start(PERIOD);
    if (ticks % 4 == 0) {
        irq_send_to_self(SOFTWARE_IRQ);
    }
}

static void on_software(void)
{
    software_interrupts++;
    mix(work * 3);
}

int main(void)
{
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_enable(SOFTWARE_IRQ, on_software);
    print("interrupts: GICv%u, timer at %u Hz\n", irq_controller_version(), timer_frequency());
    irq_unmask();
    timer_start(PERIOD);
    while (ticks < BUSY_TICKS) {
        work = work * 1664525 + 1013904223;
    }
    print("interrupts: busy part done, checksum %x\n", checksum);
    while (ticks < BUSY_TICKS + SLEEPY_TICKS) {
        wait_for_interrupt();
        work++;
    }
    timer_stop();
    irq_mask();
    check(software_interrupts == (BUSY_TICKS + SLEEPY_TICKS) / 4, "software interrupts");
    print("interrupts: checksum %x\n", checksum);
    finish("interrupts");
}
