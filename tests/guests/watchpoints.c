/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debugs itself: with watchpoints and a breakpoint of the CPU's debug registers, with breakpoint
 * instructions, and, where the CPU can, by single steps. The tests know the names and the counts.
 */
#include "guest.h"

#define ROUNDS 20
#define PERIOD 100
#define STEPS 12

/* All on one page; the debug registers watch stores to victim and loads of secret. */
struct watched {
    uint32_t victim;
    uint32_t neighbour;
    uint32_t secret;
    uint32_t quiet;
    uint32_t other;
};

volatile struct watched watched __attribute__((aligned(4096)));
volatile uint32_t stores_seen;
volatile uint32_t loads_seen;
volatile uint32_t calls_seen;
volatile uint32_t traps_seen;
volatile uint32_t steps_seen;
volatile uint32_t ticks;

static volatile uint32_t steps_left;
static volatile bool disarmed;
static volatile bool unexpected;

#define ENABLED 1u
#define ANY_LEVEL (3u << 1)
#define LOADS (1u << 3)
#define STORES (2u << 3)
#define FOUR_BYTES (0xfu << 5)
#define MONITOR (1u << 15)

#ifdef __aarch64__
#define WRITE(aarch64, arm, value)                                                                 \
    __asm__ volatile("msr " aarch64 ", %0\n\tisb" ::"r"((uint64_t)(value)) : "memory")
#define KERNEL (1u << 13)
#define STEP 1u
#else
#define WRITE(aarch64, arm, value)                                                                 \
    __asm__ volatile("mcr p14, 0, %0, " arm "\n\tisb" ::"r"((uint32_t)(value)) : "memory")
#define KERNEL 0u
#define STEP 0u
#endif
#define WRITE_LOCK(value) WRITE("oslar_el1", "c1, c0, 4", value)
#define WRITE_CONTROL(value) WRITE("mdscr_el1", "c0, c2, 2", value)
#define WRITE_BREAKPOINT(value) WRITE("dbgbvr0_el1", "c0, c0, 4", value)
#define WRITE_BREAKPOINT_CONTROL(value) WRITE("dbgbcr0_el1", "c0, c0, 5", value)
#define WRITE_WATCHPOINT_0(value) WRITE("dbgwvr0_el1", "c0, c0, 6", value)
#define WRITE_WATCHPOINT_0_CONTROL(value) WRITE("dbgwcr0_el1", "c0, c0, 7", value)
#define WRITE_WATCHPOINT_1(value) WRITE("dbgwvr1_el1", "c0, c1, 6", value)
#define WRITE_WATCHPOINT_1_CONTROL(value) WRITE("dbgwcr1_el1", "c0, c1, 7", value)

__attribute__((noinline)) void marked_call(void)
{
    __asm__ volatile("" ::: "memory");
}

static void arm_all(bool on)
{
    disarmed = !on;
    WRITE_BREAKPOINT_CONTROL(on ? ENABLED | ANY_LEVEL | FOUR_BYTES : 0);
    WRITE_WATCHPOINT_0_CONTROL(on ? ENABLED | ANY_LEVEL | STORES | FOUR_BYTES : 0);
    WRITE_WATCHPOINT_1_CONTROL(on ? ENABLED | ANY_LEVEL | LOADS | FOUR_BYTES : 0);
}

/* Only the next instruction is executed without them, where there are steps; else main() arms. */
static void step_over(struct exception *exception)
{
    arm_all(false);
    exception->step = true;
    WRITE_CONTROL(MONITOR | KERNEL | STEP);
}

static void stepped(struct exception *exception)
{
    if (disarmed) {
        arm_all(true);
    }
    if (steps_left) {
        steps_left--;
        steps_seen++;
    }
    exception->step = steps_left;
    if (!steps_left) {
        WRITE_CONTROL(MONITOR | KERNEL);
    }
}

static void on_exception(struct exception *exception)
{
    switch (exception->kind) {
    case EXCEPTION_CALL:
        steps_left = STEPS;
        exception->step = true;
        WRITE_CONTROL(MONITOR | KERNEL | STEP);
        break;
    case EXCEPTION_WATCHPOINT:
        /* By the address: QEMU does not tell stores from loads on ARMv7. */
        if (exception->address == (uintptr_t)&watched.victim) {
            stores_seen++;
        } else {
            loads_seen++;
        }
        step_over(exception);
        break;
    case EXCEPTION_BREAKPOINT:
        calls_seen++;
        step_over(exception);
        break;
    case EXCEPTION_STEP:
        stepped(exception);
        break;
    case EXCEPTION_TRAP:
        traps_seen++;
        exception->pc += 4;
        exception->step = steps_left;
        break;
    default:
        unexpected = true;
        print("watchpoints: kind %u at %p\n", exception->kind, exception->pc);
        power_off();
    }
}

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
}

__attribute__((noinline)) void store_victim(uint32_t value)
{
    watched.victim = value;
}

__attribute__((noinline)) void store_others(uint32_t value)
{
    watched.neighbour = value;
    watched.secret = value + watched.victim;
    watched.quiet++;
}

__attribute__((noinline)) uint32_t load_secret(void)
{
    return watched.secret;
}

__attribute__((noinline)) void trap(void)
{
#ifdef __aarch64__
    __asm__ volatile(".globl trap_instruction\ntrap_instruction: brk #1" ::: "memory");
#else
    __asm__ volatile(".globl trap_instruction\ntrap_instruction: bkpt #1" ::: "memory");
#endif
}

#ifdef __aarch64__
/* The handler of the call steps through these, with a watched store and the marked call's kind of
 * breakpoint instruction among them. */
__attribute__((noinline)) void step_through(uint32_t value)
{
    __asm__ volatile("svc #1\n\t"
                     ".globl stepped_store\n"
                     "stepped_store: str %w0, [%1, #16]\n\t"
                     "add w2, %w0, #1\n\t"
                     ".globl stepped_watched_store\n"
                     "stepped_watched_store: str w2, [%1]\n\t"
                     "brk #2\n\t"
                     "ldr w2, [%1, #12]\n\t"
                     "add w2, w2, #1\n\t"
                     "str w2, [%1, #12]\n\t"
                     "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"
                     :
                     : "r"(value), "r"(&watched)
                     : "x2", "memory");
}
#endif

static void debug_on(void)
{
    WRITE_LOCK(0);
    WRITE_BREAKPOINT((uintptr_t)marked_call);
    WRITE_WATCHPOINT_0((uintptr_t)&watched.victim);
    WRITE_WATCHPOINT_1((uintptr_t)&watched.secret);
    WRITE_CONTROL(MONITOR | KERNEL);
#ifdef __aarch64__
    __asm__ volatile("msr daifclr, #8\n\tisb"); /* debug exceptions */
#endif
}

/* Where there are no steps, what has been seen once is armed again for the next. */
static void again(void)
{
#ifndef __aarch64__
    check(disarmed, "the exception was taken");
    arm_all(true);
#endif
}

static void one_round(uint32_t round)
{
    store_victim(round * 0x101);
    again();
    check(watched.victim == round * 0x101, "the store was made");
    store_others(round);
    check(load_secret() == round * 0x102, "the load was made");
    again();
    marked_call();
    again();
    trap();
#ifdef __aarch64__
    step_through(round * 0x1001);
    check(watched.other == round * 0x1001, "the stepped store was made");
    check(watched.victim == round * 0x1001 + 1, "the stepped, watched store was made");
#endif
}

__attribute__((noinline)) void rounds_end(void)
{
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    uint32_t round;

    set_exception_handler(on_exception);
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    debug_on();
    arm_all(true);
    irq_unmask();
    timer_start(PERIOD);
    for (round = 1; round <= ROUNDS; round++) {
        one_round(round);
    }
    while (!ticks) {
    }
    rounds_end();
    timer_stop();
    irq_mask();
    arm_all(false);
    print("watchpoints: %u stores, %u loads, %u calls, %u traps, %u steps\n", stores_seen,
          loads_seen, calls_seen, traps_seen, steps_seen);
#ifdef __aarch64__
    check(stores_seen == 2 * ROUNDS, "count of stores");
    check(traps_seen == 2 * ROUNDS, "count of traps");
    check(steps_seen == STEPS * ROUNDS, "count of steps");
#else
    check(stores_seen == ROUNDS, "count of stores");
    check(traps_seen == ROUNDS, "count of traps");
#endif
    check(loads_seen == ROUNDS, "count of loads");
    check(calls_seen == ROUNDS, "count of calls");
    check(!unexpected, "no other exceptions");
    finish("watchpoints");
}
