/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the generic timer's counters directly, and has the encodings of those very instructions as
 * data, among its constants and between its instructions: these must stay what they are. Its own
 * breakpoint instructions are its own, though the recorder's look the same where it replaces more.
 */
#include "guest.h"

#define ROUNDS 300

#ifdef __aarch64__
#define VIRTUAL_WORD 0xd53be040  /* mrs x0, cntvct_el0 */
#define PHYSICAL_WORD 0xd53be029 /* mrs x9, cntpct_el0 */
#elif defined(__thumb__)
#define VIRTUAL_WORD 0x0f1eec51 /* mrrc p15, 1, r0, r1, c14, as it is in memory */
#define PHYSICAL_WORD 0x3f0eec52
#else
#define VIRTUAL_WORD 0xec510f1e  /* mrrc p15, 1, r0, r1, c14 */
#define PHYSICAL_WORD 0xec523f0e /* mrrc p15, 0, r3, r2, c14 */
#endif

/* The same values, but made so that they are nowhere in the image. */
static volatile uint32_t virtual_inverted = ~VIRTUAL_WORD;
static volatile uint32_t physical_inverted = ~PHYSICAL_WORD;

static const volatile uint32_t constants[] = {1, VIRTUAL_WORD, 2, PHYSICAL_WORD, VIRTUAL_WORD};
static volatile uint32_t variables[] = {VIRTUAL_WORD, 3, PHYSICAL_WORD};

#ifdef __aarch64__
static uint64_t read_virtual(void)
{
    uint64_t count;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count));
    return count;
}

static uint64_t read_physical(void)
{
    uint64_t count;

    __asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(count));
    return count;
}

/* Into the registers with a meaning of their own: the link register, and the one that is none. */
static uint64_t read_odd_registers(void)
{
    uint64_t count;

    __asm__ volatile("mrs xzr, cntvct_el0\n\tmrs x30, cntvct_el0\n\tmov %0, x30"
                     : "=r"(count)
                     :
                     : "x30");
    return count;
}

#define LOAD_LITERAL "ldr %w0, 1f\n\t"
#else
static uint64_t read_virtual(void)
{
    uint32_t low, high;

    __asm__ volatile("isb\n\tmrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

static uint64_t read_physical(void)
{
    uint32_t low, high;

    __asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

static uint64_t read_odd_registers(void)
{
    uint32_t low, high;

    __asm__ volatile("mrrc p15, 1, r12, lr, c14\n\tmov %0, r12\n\tmov %1, lr"
                     : "=r"(low), "=r"(high)
                     :
                     : "r12", "lr");
    return (uint64_t)high << 32 | low;
}

#define LOAD_LITERAL "ldr %0, 1f\n\t"
#endif

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

static uint32_t virtual_literal(void)
{
    uint32_t value;

    __asm__ volatile(LOAD_LITERAL "b 2f\n\t"
                                  ".balign 4\n"
                                  "1: .word " TEXT(VIRTUAL_WORD) "\n"
                                                                 "2:"
                     : "=r"(value));
    return value;
}

static uint32_t physical_literal(void)
{
    uint32_t value;

    __asm__ volatile(LOAD_LITERAL "b 2f\n\t"
                                  ".balign 4\n"
                                  "1: .word " TEXT(PHYSICAL_WORD) "\n"
                                                                  "2:"
                     : "=r"(value));
    return value;
}

static void check_data(void)
{
    uint32_t virtual_word = ~virtual_inverted;
    uint32_t physical_word = ~physical_inverted;

    check(constants[1] == virtual_word && constants[4] == virtual_word, "constants, virtual");
    check(constants[3] == physical_word, "constant, physical");
    check(variables[0] == virtual_word && variables[2] == physical_word, "variables");
    check(virtual_literal() == virtual_word, "literal between instructions, virtual");
    check(physical_literal() == physical_word, "literal between instructions, physical");
}

static volatile unsigned traps;

static void on_exception(struct exception *exception)
{
    check(exception->kind == EXCEPTION_TRAP, "a breakpoint instruction");
    traps++;
    exception->pc += 4;
}

/* What would stand for accesses to a timer's registers and, on AArch64, for random numbers. */
static void check_breakpoints(void)
{
    traps = 0;
#ifdef __aarch64__
    __asm__ volatile("brk #0xec41\n\tbrk #0xeec2\n\tbrk #0xed42" ::: "memory");
#elif defined(__thumb__)
    __asm__ volatile("bkpt #0xeb\n\t.hword 0xc431\n\t"
                     "bkpt #0xeb\n\t.hword 0xd601\n\t"
                     "bkpt #0xeb\n\t.hword 0xc802" ::
                         : "memory");
#else
    __asm__ volatile("bkpt #0xc431\n\tbkpt #0xd601\n\tbkpt #0xc802" ::: "memory");
#endif
    check(traps == 3, "the guest's own breakpoints");
}

int main(void)
{
    uint64_t virtual_last = 0, physical_last = 0, now;
    uint32_t checksum = 0;

    set_exception_handler(on_exception);
    check_data();
    check_breakpoints();
    for (unsigned round = 0; round < ROUNDS; round++) {
        now = read_virtual();
        check(now >= virtual_last, "the virtual counter does not go back");
        virtual_last = now;
        checksum = (checksum << 5 | checksum >> 27) ^ (uint32_t)now;
        now = read_physical();
        check(now >= physical_last, "the physical counter does not go back");
        physical_last = now;
        checksum = (checksum << 5 | checksum >> 27) ^ (uint32_t)now;
        now = read_odd_registers();
        check(now >= virtual_last, "the virtual counter in other registers");
        virtual_last = now;
    }
    check(virtual_last != 0 && physical_last != 0, "the counters count");
    check_data();
    print("counter: checksum %x\n", checksum);
    finish("counter");
}
