/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loops in which all registers come round to the same values while memory changes, and interrupts
 * that break into them: registers alone do not tell in which turn of a loop an interrupt came. The
 * turns that each loop made are printed, so that a replay that is off by one turn is found out.
 */
#include "guest.h"

#define PERIOD 1000 /* microseconds */
#define TICKS 12    /* for each loop */

static volatile unsigned ticks;
static volatile unsigned marks[TICKS]; /* turns at each tick */
static volatile unsigned turns;

static void on_tick(void)
{
    marks[ticks % TICKS] = turns;
    ticks++;
    timer_start(PERIOD + ticks % 5 * 13);
}

/* Memory is only read. */
__attribute__((noinline)) static void wait(void)
{
    while (ticks < TICKS) {
    }
}

#ifdef __aarch64__
#define COUNT                                                                                      \
    "ldr w10, [%0]\n\t"                                                                            \
    "add w10, w10, #1\n\t"                                                                         \
    "str w10, [%0]\n\t"                                                                            \
    "mov w10, #0\n\t"
#define COUNT_EXCLUSIVELY                                                                          \
    "2: ldxr w10, [%0]\n\t"                                                                        \
    "add w10, w10, #1\n\t"                                                                         \
    "stxr w11, w10, [%0]\n\t"                                                                      \
    "cbnz w11, 2b\n\t"                                                                             \
    "mov w10, #0\n\t"
#define LOOP(body)                                                                                 \
    __asm__ volatile("1: " body "ldr w11, [%1]\n\t"                                                \
                     "cmp w11, %2\n\t"                                                             \
                     "mov w11, #0\n\t"                                                             \
                     "b.lo 1b\n\t"                                                                 \
                     :                                                                             \
                     : "r"(&turns), "r"(&ticks), "I"(TICKS)                                        \
                     : "x10", "x11", "cc", "memory")

static bool has_atomics(void)
{
    uint64_t features;

    __asm__("mrs %0, id_aa64isar0_el1" : "=r"(features));
    return features >> 20 & 0xf;
}

/* One instruction does the work of each turn, where the CPU has it. */
__attribute__((noinline)) static void count_atomically(void)
{
    if (has_atomics()) {
        LOOP(".arch_extension lse\n\tmov w11, #1\n\tstadd w11, [%0]\n\t");
    } else {
        LOOP(COUNT);
    }
}
#else
#define COUNT                                                                                      \
    "ldr r10, [%0]\n\t"                                                                            \
    "add r10, r10, #1\n\t"                                                                         \
    "str r10, [%0]\n\t"                                                                            \
    "mov r10, #0\n\t"
#define COUNT_EXCLUSIVELY                                                                          \
    "2: ldrex r10, [%0]\n\t"                                                                       \
    "add r10, r10, #1\n\t"                                                                         \
    "strex r9, r10, [%0]\n\t"                                                                      \
    "cmp r9, #0\n\t"                                                                               \
    "bne 2b\n\t"                                                                                   \
    "mov r10, #0\n\t"
#define LOOP(body)                                                                                 \
    __asm__ volatile("1: " body "ldr r9, [%1]\n\t"                                                 \
                     "cmp r9, %2\n\t"                                                              \
                     "mov r9, #0\n\t"                                                              \
                     "blo 1b\n\t"                                                                  \
                     :                                                                             \
                     : "r"(&turns), "r"(&ticks), "I"(TICKS)                                        \
                     : "r9", "r10", "cc", "memory")

__attribute__((noinline)) static void count_atomically(void)
{
    LOOP(COUNT);
}
#endif

__attribute__((noinline)) static void count(void)
{
    LOOP(COUNT);
}

__attribute__((noinline)) static void count_exclusively(void)
{
    LOOP(COUNT_EXCLUSIVELY);
}

/* An event that is waited for, and is there already. */
__attribute__((noinline)) static void count_with_events(void)
{
    LOOP(COUNT "sev\n\twfe\n\t");
}

/* The same work as count(), after a sleep at each turn. */
__attribute__((noinline)) static void count_with_sleep(void)
{
    LOOP("wfi\n\t" COUNT COUNT COUNT COUNT);
}

static void measure(const char *name, void (*loop)(void))
{
    uint32_t checksum = 0;

    ticks = 0;
    turns = 0;
    timer_start(PERIOD);
    irq_unmask();
    loop();
    irq_mask();
    timer_stop();
    for (unsigned i = 0; i < TICKS; i++) {
        checksum = (checksum << 7 | checksum >> 25) ^ marks[i];
    }
    print("polling: %s: %u turns, checksum %x\n", name, turns, checksum);
}

int main(void)
{
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    measure("wait", wait);
    measure("count", count);
    measure("count exclusively", count_exclusively);
    measure("count atomically", count_atomically);
    measure("count with events", count_with_events);
    measure("count with sleep", count_with_sleep);
    check(turns > 0, "there were turns");
    finish("polling");
}
