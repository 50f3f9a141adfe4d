/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock that is tried once. Whoever does not get it does something else, so a store-exclusive that
 * fails changes all that follows: the branches taken, memory, what is printed, when the next
 * interrupt comes. On a host it also fails when the host was interrupted between the load and the
 * store, of which the guest sees nothing else. The longer the way from the load to the store, the
 * likelier that is.
 */
#include "guest.h"

#define PERIOD 600 /* microseconds, and up to 63 more */
#define ROUNDS 10000
#define JOURNAL 64

static volatile uint32_t lock;
static volatile unsigned ticks;
static uint32_t taken, failed;
static uint32_t journal[JOURNAL]; /* the rounds in which the lock was not to be had */
static volatile uint32_t checksum;

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD + (checksum & 63));
}

/* Takes the lock if it is free and nothing came between: one try. The arithmetic in the middle
 * only takes time. */
static bool try_lock(void)
{
    uint32_t value, result = 1, noise;

#ifdef __aarch64__
    __asm__ volatile("ldaxr %w0, [%3]\n\t"
                     "cbnz %w0, 1f\n\t"
                     "mov %w2, #1\n\t"
                     ".rept 80\n\t"
                     "add %w2, %w2, %w2, lsl #3\n\t"
                     "eor %w2, %w2, %w2, lsr #5\n\t"
                     ".endr\n\t"
                     "mov %w0, #1\n\t"
                     "stxr %w1, %w0, [%3]\n"
                     "1:"
                     : "=&r"(value), "+&r"(result), "=&r"(noise)
                     : "r"(&lock)
                     : "memory", "cc");
#else
    __asm__ volatile("ldrex %0, [%3]\n\t"
                     "cmp %0, #0\n\t"
                     "bne 1f\n\t"
                     "mov %2, #1\n\t"
                     ".rept 80\n\t"
                     "add %2, %2, %2, lsl #3\n\t"
                     "eor %2, %2, %2, lsr #5\n\t"
                     ".endr\n\t"
                     "mov %0, #1\n\t"
                     "strex %1, %0, [%3]\n"
                     "1:"
                     : "=&r"(value), "+&r"(result), "=&r"(noise)
                     : "r"(&lock)
                     : "memory", "cc");
#endif
    return result == 0;
}

static void unlock(void)
{
    __asm__ volatile("dmb sy" ::: "memory");
    lock = 0;
}

__attribute__((noinline)) static void with_lock(uint32_t round)
{
    taken++;
    checksum = checksum * 1664525 + round;
}

/* Another way to go, of another length, that leaves other traces. */
__attribute__((noinline)) static void without_lock(uint32_t round)
{
    journal[failed % JOURNAL] = round;
    failed++;
    for (uint32_t i = 0; i < failed % 5; i++) {
        checksum ^= journal[(failed + i) % JOURNAL] << i;
    }
}

int main(void)
{
    uint32_t round;

    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    irq_unmask();
    timer_start(PERIOD);
    for (round = 1; round <= ROUNDS; round++) {
        if (try_lock()) {
            with_lock(round);
            unlock();
        } else {
            without_lock(round);
        }
        if (round % (ROUNDS / 10) == 0) {
            print("trylock: %u taken, %u failed, checksum %x\n", taken, failed, checksum);
        }
    }
    timer_stop();
    irq_mask();
    check(taken + failed == ROUNDS, "each round went one way");
    print("trylock: %u ticks, %u failed, checksum %x\n", ticks, failed, checksum);
    finish("trylock");
}
