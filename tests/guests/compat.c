/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An AArch64 kernel that runs an AArch32 program (compat32.S), with calls from there and interrupts
 * of it. The program has memory at an address of its own. The tests know the names and the counts.
 */
#include "guest.h"

#define PERIOD 100
#define PROGRAM_OFFSET                                                                             \
    0x40000000ull /* from RAM as the kernel has it to where the program sees it */
#define RAM 0x40000000ull
#define AARCH32_USER 0x150 /* asynchronous aborts and fast interrupts are masked */

#define VALID 1ull
#define PROGRAM (1ull << 6)
#define INNER_SHAREABLE (3ull << 8)
#define ACCESSED (1ull << 10)
#define NEVER_EXECUTE (3ull << 53)
#define NORMAL (0ull << 2)
#define DEVICE (1ull << 2)

__asm__(".section .rodata\n"
        ".balign 4096\n"
        ".globl program32\n"
        "program32: .incbin \"compat32.bin\"\n"
        ".balign 4096\n"
        ".previous");

extern const uint8_t program32[];

/* The program's memory; in compat32.S by offset. */
struct shared {
    uint32_t rounds;
    uint32_t thumb;
    uint32_t answer; /* to a call */
    uint32_t sum;
    uint32_t stack[64];
};

volatile struct shared shared __attribute__((aligned(4096)));
volatile unsigned calls;
volatile unsigned ticks;

static uint64_t level1[4] __attribute__((aligned(4096)));

static void on_tick(void)
{
    ticks++;
    timer_start(PERIOD);
}

static void program_ended(void)
{
    irq_mask();
    timer_stop();
    print("compat: %u rounds, %u calls\n", shared.rounds, calls);
    check(shared.rounds == 40, "rounds");
    check(shared.thumb == 3 * 40, "what the Thumb code adds");
    check(shared.sum == 3 * 40 * 41 / 2, "what the calls answer");
    check(calls == 40, "count of calls");
    finish("compat");
}

/* The program's calls: it wants three times its number of rounds, or has ended. */
static void on_exception(struct exception *exception)
{
    check(exception->kind == EXCEPTION_CALL, "kind of exception");
    if (shared.rounds == calls) {
        program_ended();
    }
    calls++;
    shared.answer = 3 * shared.rounds;
}

static void map(void)
{
    uint64_t control;

    level1[0] = VALID | ACCESSED | DEVICE | NEVER_EXECUTE;
    level1[1] = RAM | VALID | ACCESSED | INNER_SHAREABLE | NORMAL;
    level1[2] = RAM | VALID | ACCESSED | INNER_SHAREABLE | NORMAL | PROGRAM;
    __asm__ volatile("msr mair_el1, %0" ::"r"(0x04fful)); /* 0: normal, 1: device */
    /* 32 bits of address space, 4 KiB pages, walks cached, nothing in TTBR1 */
    __asm__ volatile("msr tcr_el1, %0" ::"r"(32ul | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23));
    __asm__ volatile("msr ttbr0_el1, %0" ::"r"(level1));
    __asm__ volatile("dsb sy\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(control | 0x1005) : "memory");
}

/* The program finds the address of its memory in r0. */
__attribute__((noreturn)) static void run_program(void)
{
    register uint64_t memory __asm__("x0") = (uintptr_t)&shared + PROGRAM_OFFSET;

    __asm__ volatile("msr elr_el1, %1\n\t"
                     "msr spsr_el1, %2\n\t"
                     "mov x1, #0x1111\n\t"
                     "mov x5, #0x5555\n\t"
                     "eret" ::"r"(memory),
                     "r"((uintptr_t)program32 + PROGRAM_OFFSET), "r"((uint64_t)AARCH32_USER)
                     : "memory");
    __builtin_unreachable();
}

int main(void)
{
    set_exception_handler(on_exception);
    map();
    irq_init();
    irq_enable(TIMER_IRQ, on_tick);
    timer_start(PERIOD);
    run_program();
}
