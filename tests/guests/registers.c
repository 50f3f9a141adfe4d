/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every access to the CPU's generic timers: the counters, CNTFRQ, and the compare value, timer
 * value and control of the physical and the virtual timer, read and written. What is read back must
 * be what the architecture says, and both timers must interrupt, when they are due and not before.
 */
#include "guest.h"

#define PHYSICAL_IRQ 30
#define VIRTUAL_IRQ 27
#define ENABLE 1u
#define MASK 2u
#define STATUS 4u
#define ROUNDS 20
#define SOON 200 /* microseconds */

#ifdef __aarch64__
#define DEFINE_TIMER(name, prefix)                                                                 \
    static uint64_t name##_count(void)                                                             \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("isb\n\tmrs %0, " prefix "ct_el0" : "=r"(value));                         \
        return value;                                                                              \
    }                                                                                              \
    static uint64_t name##_compare(void)                                                           \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mrs %0, " prefix "_cval_el0" : "=r"(value));                             \
        return value;                                                                              \
    }                                                                                              \
    static uint32_t name##_value(void)                                                             \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mrs %0, " prefix "_tval_el0" : "=r"(value));                             \
        return (uint32_t)value;                                                                    \
    }                                                                                              \
    static uint32_t name##_control(void)                                                           \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mrs %0, " prefix "_ctl_el0" : "=r"(value));                              \
        return (uint32_t)value;                                                                    \
    }                                                                                              \
    static void name##_set_compare(uint64_t value)                                                 \
    {                                                                                              \
        __asm__ volatile("msr " prefix "_cval_el0, %0\n\tisb" ::"r"(value));                       \
    }                                                                                              \
    static void name##_set_value(uint32_t value)                                                   \
    {                                                                                              \
        __asm__ volatile("msr " prefix "_tval_el0, %0\n\tisb" ::"r"((uint64_t)value));             \
    }                                                                                              \
    static void name##_set_control(uint32_t value)                                                 \
    {                                                                                              \
        __asm__ volatile("msr " prefix "_ctl_el0, %0\n\tisb" ::"r"((uint64_t)value));              \
    }
DEFINE_TIMER(physical, "cntp")
DEFINE_TIMER(virtual, "cntv")
#else
#define DEFINE_TIMER(name, count, compare, crm)                                                    \
    static uint64_t name##_count(void)                                                             \
    {                                                                                              \
        uint32_t low, high;                                                                        \
        __asm__ volatile("isb\n\tmrrc p15, " count ", %0, %1, c14" : "=r"(low), "=r"(high));       \
        return (uint64_t)high << 32 | low;                                                         \
    }                                                                                              \
    static uint64_t name##_compare(void)                                                           \
    {                                                                                              \
        uint32_t low, high;                                                                        \
        __asm__ volatile("mrrc p15, " compare ", %0, %1, c14" : "=r"(low), "=r"(high));            \
        return (uint64_t)high << 32 | low;                                                         \
    }                                                                                              \
    static uint32_t name##_value(void)                                                             \
    {                                                                                              \
        uint32_t value;                                                                            \
        __asm__ volatile("mrc p15, 0, %0, c14, " crm ", 0" : "=r"(value));                         \
        return value;                                                                              \
    }                                                                                              \
    static uint32_t name##_control(void)                                                           \
    {                                                                                              \
        uint32_t value;                                                                            \
        __asm__ volatile("mrc p15, 0, %0, c14, " crm ", 1" : "=r"(value));                         \
        return value;                                                                              \
    }                                                                                              \
    static void name##_set_compare(uint64_t value)                                                 \
    {                                                                                              \
        __asm__ volatile("mcrr p15, " compare ", %0, %1, c14\n\tisb" ::"r"((uint32_t)value),       \
                         "r"((uint32_t)(value >> 32)));                                            \
    }                                                                                              \
    static void name##_set_value(uint32_t value)                                                   \
    {                                                                                              \
        __asm__ volatile("mcr p15, 0, %0, c14, " crm ", 0\n\tisb" ::"r"(value));                   \
    }                                                                                              \
    static void name##_set_control(uint32_t value)                                                 \
    {                                                                                              \
        __asm__ volatile("mcr p15, 0, %0, c14, " crm ", 1\n\tisb" ::"r"(value));                   \
    }
DEFINE_TIMER(physical, "0", "2", "c2")
DEFINE_TIMER(virtual, "1", "3", "c3")
#endif

struct timer {
    const char *name;
    uint64_t (*count)(void), (*compare)(void);
    uint32_t (*value)(void), (*control)(void);
    void (*set_compare)(uint64_t value);
    void (*set_value)(uint32_t value), (*set_control)(uint32_t value);
};

static const struct timer timers[] = {
    {"physical", physical_count, physical_compare, physical_value, physical_control,
     physical_set_compare, physical_set_value, physical_set_control},
    {"virtual", virtual_count, virtual_compare, virtual_value, virtual_control, virtual_set_compare,
     virtual_set_value, virtual_set_control},
};

static volatile unsigned taken[2];
static uint64_t due[2], at[2];

static void take(unsigned number)
{
    at[number] = timers[number].count();
    timers[number].set_control(ENABLE | MASK);
    taken[number]++;
}

static void take_physical(void)
{
    take(0);
}

static void take_virtual(void)
{
    take(1);
}

static void check_registers(const struct timer *timer)
{
    uint64_t far = timer->count() + ((uint64_t)1 << 40), before;
    uint32_t left;

    timer->set_control(0);
    timer->set_compare(far);
    check(timer->compare() == far, "the compare value is read back");
    check(timer->control() == 0, "a timer that is off tells nothing");
    timer->set_control(ENABLE | MASK);
    check(timer->control() == (ENABLE | MASK), "a timer in the far future");
    timer->set_compare(1);
    check(timer->control() == (ENABLE | MASK | STATUS), "a timer in the past");
    check((int32_t)timer->value() < 0, "time since then");
    before = timer->count();
    timer->set_value(1000000000);
    check(timer->compare() - before >= 1000000000, "the timer value counts from now");
    left = timer->value();
    check(left <= 1000000000 && timer->value() <= left, "the timer value falls");
    check(timer->control() == (ENABLE | MASK), "a timer in the near future");
    timer->set_control(0);
}

/* Alternately by its value and by its compare value. */
static void interrupt_soon(unsigned number, bool by_value)
{
    const struct timer *timer = &timers[number];
    uint32_t ticks = timer_frequency() / 1000000 * SOON;

    due[number] = timer->count() + ticks;
    if (by_value) {
        timer->set_value(ticks);
    } else {
        timer->set_compare(due[number]);
    }
    timer->set_control(ENABLE);
}

static void check_interrupts(unsigned round)
{
    unsigned before[2] = {taken[0], taken[1]};

    interrupt_soon(0, round & 1);
    interrupt_soon(1, round & 2);
    while (taken[0] == before[0] || taken[1] == before[1]) {
        wait_for_interrupt();
    }
    check(at[0] >= due[0] && at[1] >= due[1], "no interrupt comes early");
    check(taken[0] == before[0] + 1 && taken[1] == before[1] + 1, "one interrupt each");
}

int main(void)
{
    check(timer_frequency() > 0, "there is a frequency");
    for (unsigned i = 0; i < 2; i++) {
        check_registers(&timers[i]);
    }
    irq_init();
    irq_enable(PHYSICAL_IRQ, take_physical);
    irq_enable(VIRTUAL_IRQ, take_virtual);
    irq_unmask();
    for (unsigned round = 0; round < ROUNDS; round++) {
        check_interrupts(round);
    }
    print("registers: %u and %u interrupts\n", taken[0], taken[1]);
    finish("registers");
}
