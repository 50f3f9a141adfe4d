/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a function that reads the generic timer's counter into memory and calls it: code that
 * nobody could have found in the image before the guest started.
 */
#include "guest.h"

#define ROUNDS 1000

static uint32_t code[16] __attribute__((aligned(64)));

/* The function's instructions, inverted, so that the image does not have them. */
#ifdef __aarch64__
static volatile uint32_t inverted[] = {~0xd53be040u /* mrs x0, cntvct_el0 */,
                                       ~0xd65f03c0u /* ret */};

static void make_executable(void)
{
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code)
                     : "memory");
}
#else
static volatile uint32_t inverted[] = {~0xec510f1eu /* mrrc p15, 1, r0, r1, c14 */,
                                       ~0xe12fff1eu /* bx lr */};

static void make_executable(void)
{
    __asm__ volatile("mcr p15, 0, %0, c7, c11, 1\n\tdsb\n\tmcr p15, 0, %0, c7, c5, 1\n\t"
                     "mcr p15, 0, %0, c7, c5, 6\n\tdsb\n\tisb" ::"r"(code)
                     : "memory");
}
#endif

__attribute__((noinline)) static uint32_t work(uint32_t seed)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525 + 1013904223;
    }
    return seed;
}

int main(void)
{
    uint64_t first, second;
    uint64_t (*read_counter)(void) = (uint64_t(*)(void))(uintptr_t)code;

    print("latecode: before, %x\n", work(1));
    for (unsigned i = 0; i < sizeof(inverted) / sizeof(inverted[0]); i++) {
        code[i] = ~inverted[i];
    }
    make_executable();
    first = read_counter();
    print("latecode: after, %x\n", work(2));
    second = read_counter();
    check(second >= first, "the counter does not go back");
    print("latecode: %x\n", work((uint32_t)second));
    finish("latecode");
}
