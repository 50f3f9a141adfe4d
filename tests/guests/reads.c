/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Has no clock but the CPU's counter, of which reads may become something cheaper while it runs.
 * It reads it now and then, as kernels do that look for randomness; waits for it and does nothing
 * else, for long and then many times for short, at the same instruction; and, on AArch64, reads it
 * at EL0, which may read the counter, but no register of a timer. At last it sets its own timer,
 * which must keep what it was set to. With TIMER_FIRST it does so before it reads, and nothing
 * else.
 */
#include "guest.h"

#define READS 2000
#define BETWEEN 30000   /* turns: a fraction of a millisecond */
#define LONG_WAIT 20000 /* microseconds */
#define SHORT_WAIT 50
#define SHORT_WAITS 60
#define TURNS 10000000 /* many milliseconds on any CPU */

static uint64_t last;
static uint32_t checksum;

#ifdef __aarch64__
__attribute__((noinline)) static uint64_t count(void)
{
    uint64_t value;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value));
    return value;
}

static uint64_t frequency(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

static void set_compare(uint64_t value)
{
    __asm__ volatile("msr cntv_cval_el0, %0\n\tisb" ::"r"(value));
}

static uint64_t compare(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, cntv_cval_el0" : "=r"(value));
    return value;
}
#else
__attribute__((noinline)) static uint64_t count(void)
{
    uint32_t low, high;

    __asm__ volatile("isb\n\tmrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

static uint32_t frequency(void)
{
    uint32_t value;

    __asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(value));
    return value;
}

static void set_compare(uint64_t value)
{
    __asm__ volatile("mcrr p15, 3, %0, %1, c14\n\tisb" ::"r"((uint32_t)value),
                     "r"((uint32_t)(value >> 32)));
}

static uint64_t compare(void)
{
    uint32_t low, high;

    __asm__ volatile("mrrc p15, 3, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}
#endif

static uint64_t look(void)
{
    uint64_t now = count();

    check(now >= last, "the counter does not go back");
    last = now;
    checksum = (checksum << 5 | checksum >> 27) ^ (uint32_t)now;
    return now;
}

static void wait(uint32_t microseconds)
{
    uint64_t end = look() + (uint64_t)microseconds * (frequency() / 1000000);

    while (look() < end) {
    }
}

__attribute__((noinline)) static uint32_t compute(uint32_t seed, unsigned turns)
{
    for (unsigned turn = 0; turn < turns; turn++) {
        seed = seed * 1664525 + 1013904223;
        __asm__ volatile("" : "+r"(seed));
    }
    return seed;
}

static void check_own_timer(unsigned reads, unsigned between)
{
    uint64_t mark = 0x0123456789abcdef;

    set_compare(mark);
    print("reads: own timer\n"); /* leaves the guest */
    for (unsigned i = 0; i < reads; i++) {
        checksum ^= (uint32_t)count() ^ compute(i, between);
        check(compare() == mark, "the guest's own timer stays as it was set");
    }
}

__attribute__((noreturn)) static void end(void)
{
    check_own_timer(10, 0);
    print("reads: checksum %x\n", checksum);
    finish("reads");
}

#ifdef __aarch64__
#define VALID 1ull
#define READ_ONLY_FOR_ALL (3ull << 6)
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define NEVER_EXECUTE (3ull << 53)
#define DEVICE (1ull << 2)
#define RAM 0x40000000ull
#define USER 0x80000000ull /* the same once more, for EL0 */

static uint64_t level1[4] __attribute__((aligned(4096)));

extern const char user_code[], user_end[];
__asm__(".pushsection .text, \"ax\"\n"
        "user_code:\n"
        "1: mrs x30, cntvct_el0\n"
        "subs x0, x0, #1\n"
        "b.ne 1b\n"
        "svc #0\n"
        "user_end:\n"
        ".popsection\n");

static void on_exception(struct exception *exception)
{
    check(exception->pc == USER - RAM + (uintptr_t)user_end, "EL0 got to its call");
    check(exception->link > last, "what EL0 has read of the counter");
    end();
}

static void go_on_at_el0(void)
{
    level1[0] = VALID | ACCESSED | DEVICE | NEVER_EXECUTE;
    level1[1] = RAM | VALID | ACCESSED | INNER_SHAREABLE;
    level1[2] = level1[1] | READ_ONLY_FOR_ALL;
    __asm__ volatile("dsb sy" ::: "memory");
    translation_on(level1);
    set_exception_handler(on_exception);
    __asm__ volatile("msr cntkctl_el1, %0\n\t" /* the counters, and no timer */
                     "msr elr_el1, %1\n\t"
                     "msr spsr_el1, %2\n\t"
                     "mov x0, #200\n\t"
                     "isb\n\t"
                     "eret" ::"r"(3ul),
                     "r"(USER - RAM + (uintptr_t)user_code), "r"(0x3c0ul)
                     : "x0", "memory");
}
#else
static void go_on_at_el0(void)
{
    end();
}
#endif

int main(void)
{
    uint64_t before;
    uint32_t seed = 1;

#ifdef TIMER_FIRST
    check_own_timer(READS / 20, BETWEEN);
    end();
#endif
    for (unsigned i = 0; i < READS; i++) {
        look();
        seed = compute(seed, BETWEEN);
    }
    wait(LONG_WAIT);
    for (unsigned i = 0; i < SHORT_WAITS; i++) {
        wait(SHORT_WAIT);
    }
    before = look();
    seed = compute(seed, TURNS);
    check(look() > before, "time passes without a look");
    print("reads: computed %x\n", seed);
    go_on_at_el0();
    return 0;
}
