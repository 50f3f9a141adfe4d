/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual timer of the generic timer. */
#include "guest.h"

#define CONTROL_ENABLE 1
#define CONTROL_MASKED 2
#define CONTROL_EXPIRED 4

#ifdef __aarch64__
uint64_t timer_count(void)
{
    uint64_t count;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count));
    return count;
}

uint32_t timer_frequency(void)
{
    uint64_t frequency;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

static uint32_t read_control(void)
{
    uint64_t control;

    __asm__ volatile("mrs %0, cntv_ctl_el0" : "=r"(control));
    return control;
}

static void write_control(uint32_t control)
{
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" ::"r"((uint64_t)control));
}

static void write_value(uint32_t value)
{
    __asm__ volatile("msr cntv_tval_el0, %0" ::"r"((uint64_t)value));
}
#else
uint64_t timer_count(void)
{
    uint32_t low, high;

    __asm__ volatile("isb\n\tmrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

uint32_t timer_frequency(void)
{
    uint32_t frequency;

    __asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(frequency));
    return frequency;
}

static uint32_t read_control(void)
{
    uint32_t control;

    __asm__ volatile("mrc p15, 0, %0, c14, c3, 1" : "=r"(control));
    return control;
}

static void write_control(uint32_t control)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 1\n\tisb" ::"r"(control));
}

static void write_value(uint32_t value)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0" ::"r"(value));
}
#endif

void timer_start(uint32_t microseconds)
{
    write_value(timer_frequency() / 1000 * microseconds / 1000);
    write_control(CONTROL_ENABLE);
}

void timer_stop(void)
{
    write_control(CONTROL_MASKED);
}

bool timer_expired(void)
{
    return read_control() & CONTROL_EXPIRED;
}
