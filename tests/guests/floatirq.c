/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floating point while interrupts come by whose handler uses it too, saving what it changes: first
 * in a loop that does nothing else, then now and then, as a host that switches the unit on at its
 * first use would see it.
 */
#include "guest.h"

#define PERIOD 1000 /* microseconds */
#define BUSY_TICKS 30
#define RARE_TICKS 30

static volatile unsigned ticks;
static volatile double in_handler = 0.25;
static volatile double in_main = 0.375;
static volatile unsigned rounds;
static uint32_t checksum;

static uint64_t bits(double value)
{
    union {
        double value;
        uint64_t bits;
    } pun = {.value = value};

    return pun.bits;
}

#ifdef __aarch64__
static void next_in_handler(void)
{
    uint64_t saved[4];

    __asm__ volatile("stp q0, q1, [%1]\n\t"
                     "ldr d0, [%0]\n\t"
                     "fmov d1, #1.0\n\t"
                     "fsub d1, d1, d0\n\t"
                     "fmul d0, d0, d1\n\t"
                     "fmov d1, #3.875\n\t"
                     "fmul d0, d0, d1\n\t"
                     "str d0, [%0]\n\t"
                     "ldp q0, q1, [%1]"
                     :
                     : "r"(&in_handler), "r"(saved)
                     : "memory");
}
#else
static void next_in_handler(void)
{
    uint64_t saved[2];

    __asm__ volatile(".fpu neon-vfpv4\n\t"
                     "vstmia %1, {d0, d1}\n\t"
                     "vldr d0, [%0]\n\t"
                     "vmov.f64 d1, #1.0\n\t"
                     "vsub.f64 d1, d1, d0\n\t"
                     "vmul.f64 d0, d0, d1\n\t"
                     "vmov.f64 d1, #3.875\n\t"
                     "vmul.f64 d0, d0, d1\n\t"
                     "vstr d0, [%0]\n\t"
                     "vldmia %1, {d0, d1}"
                     :
                     : "r"(&in_handler), "r"(saved)
                     : "memory");
}
#endif

static void on_tick(void)
{
    ticks++;
    next_in_handler();
    checksum = (checksum << 5 | checksum >> 27) ^ rounds;
    timer_start(PERIOD);
}

static void next_in_main(void)
{
    in_main = 3.999 * in_main * (1.0 - in_main);
    rounds++;
}

int main(void)
{
    volatile uint32_t work = 1;

    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    while (ticks < BUSY_TICKS) {
        next_in_main();
    }
    print("floatirq: busy part %X\n", bits(in_main));
    while (ticks < BUSY_TICKS + RARE_TICKS) {
        unsigned before = ticks;

        next_in_main();
        while (ticks == before) {
            work = work * 1664525 + 1013904223;
        }
    }
    timer_stop();
    irq_mask();
    check(in_main > 0.0 && in_main < 1.0, "the map stays in its interval");
    check(in_handler > 0.0 && in_handler < 1.0, "so does the handler's");
    print("floatirq: %X and %X, %u rounds, checksum %x\n", bits(in_main), bits(in_handler), rounds,
          checksum);
    finish("floatirq");
}
