/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exclusive loads and stores in a loop which timer interrupts break into: the handler uses the
 * same counters, so that a store that should have failed loses a count.
 */
#include "guest.h"

#define TICKS 60
/* Microseconds; in an emulated host, interrupts that came faster would leave time for nothing. */
#ifdef FOR_KVM
#define PERIOD 1000
#else
#define PERIOD 200
#endif

static volatile uint32_t counter32;
static volatile uint64_t counter64 __attribute__((aligned(16)));
static volatile uint8_t counter8;
static volatile unsigned ticks;
static volatile unsigned retries;

#ifdef __aarch64__
#define WORD "w"
#define LOAD32 "ldaxr %w0, [%1]"
#define STORE32 "stlxr %w0, %w1, [%2]"
#define LOAD8 "ldxrb %w0, [%1]"
#define STORE8 "stxrb %w0, %w1, [%2]"
#define LOAD64 "ldxr %0, [%1]"
#define STORE64 "stxr %w0, %1, [%2]"
#else
#define LOAD32 "ldrex %0, [%1]"
#define STORE32 "strex %0, %1, [%2]"
#define LOAD8 "ldrexb %0, [%1]"
#define STORE8 "strexb %0, %1, [%2]"
#define LOAD64 "ldrexd %0, %H0, [%1]"
#define STORE64 "strexd %0, %1, %H1, [%2]"
#endif

static void add32(volatile uint32_t *where, uint32_t amount)
{
    uint32_t value, failed;

    for (;;) {
        __asm__ volatile(LOAD32 : "=r"(value) : "r"(where) : "memory");
        value += amount;
        __asm__ volatile(STORE32 : "=&r"(failed) : "r"(value), "r"(where) : "memory");
        if (!failed) {
            return;
        }
#ifndef FOR_KVM /* where a store also fails for reasons of the host's; trylock.c counts those */
        retries++;
#endif
    }
}

static void add8(volatile uint8_t *where, uint32_t amount)
{
    uint32_t value, failed;

    do {
        __asm__ volatile(LOAD8 : "=r"(value) : "r"(where) : "memory");
        value += amount;
        __asm__ volatile(STORE8 : "=&r"(failed) : "r"(value), "r"(where) : "memory");
    } while (failed);
}

static void add64(volatile uint64_t *where, uint64_t amount)
{
    uint64_t value;
    uint32_t failed;

    do {
        __asm__ volatile(LOAD64 : "=r"(value) : "r"(where) : "memory");
        value += amount;
        __asm__ volatile(STORE64 : "=&r"(failed) : "r"(value), "r"(where) : "memory");
    } while (failed);
}

static void on_tick(void)
{
    ticks++;
    add32(&counter32, 1000003);
    add8(&counter8, 3);
    add64(&counter64, 0x100000000ull);
    timer_start(PERIOD);
}

/* An exclusive store without its load must fail, and so must one after a clear. */
static void check_failures(void)
{
    volatile uint32_t word = 1;
    uint32_t value, failed = 2;

    __asm__ volatile("clrex" ::: "memory");
    __asm__ volatile(STORE32 : "=&r"(failed) : "r"(5), "r"(&word) : "memory");
    check(failed == 1 && word == 1, "store without a load fails");
    __asm__ volatile(LOAD32 : "=r"(value) : "r"(&word) : "memory");
    __asm__ volatile("clrex" ::: "memory");
    __asm__ volatile(STORE32 : "=&r"(failed) : "r"(value + 1), "r"(&word) : "memory");
    check(failed == 1 && word == 1, "store after a clear fails");
    add32(&word, 6);
    check(word == 7, "load and store succeed");
}

int main(void)
{
    uint32_t rounds = 0;

    check_failures();
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    while (ticks < TICKS) {
        add32(&counter32, 1);
        add8(&counter8, 1);
        add64(&counter64, 1);
        rounds++;
    }
    timer_stop();
    irq_mask();
    check(counter32 == rounds + ticks * 1000003u, "32-bit counter");
    check(counter8 == (uint8_t)(rounds + ticks * 3), "8-bit counter");
    check(counter64 == (((uint64_t)ticks << 32) + rounds), "64-bit counter");
    print("exclusives: %u rounds, %u ticks, %u retries\n", rounds, ticks, retries);
    finish("exclusives");
}
