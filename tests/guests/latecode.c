/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a function that reads the generic timer's counter into memory and calls it: code that
 * nobody could have found in the image before the guest started. With AWAIT_RESCAN it waits until
 * the recorder has replaced the read, which a guest can see. Without, an ARMv7 guest also looks
 * whether it may set breakpoints: KVM lets it as long as the recorder needs none.
 */
#include "guest.h"

#define ROUNDS 1000

/* The function is about as long as one of a compiler, and has others behind it. */
#define READ 1
#define BODY 30
#define WORDS (BODY + 80)

static volatile uint32_t code[WORDS] __attribute__((aligned(64)));

/* The instructions, inverted, so that the image does not have them. */
#ifdef __aarch64__
static volatile uint32_t inverted[] = {~0xd53be040u /* mrs x0, cntvct_el0 */,
                                       ~0x91000421u /* add x1, x1, #1 */, ~0xd65f03c0u /* ret */};

static void clean(const volatile uint32_t *word)
{
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" ::"r"(word) : "memory");
}
#else
static volatile uint32_t inverted[] = {~0xec510f1eu /* mrrc p15, 1, r0, r1, c14 */,
                                       ~0xe2822001u /* add r2, r2, #1 */, ~0xe12fff1eu /* bx lr */};

static void clean(const volatile uint32_t *word)
{
    __asm__ volatile("mcr p15, 0, %0, c7, c11, 1\n\tdsb\n\tmcr p15, 0, %0, c7, c5, 1\n\t"
                     "mcr p15, 0, %0, c7, c5, 6" ::"r"(word)
                     : "memory");
}
#endif

static void write_code(void)
{
    for (unsigned i = 0; i < WORDS; i++) {
        code[i] = ~inverted[i == READ ? 0 : i == BODY || i == WORDS - 1 ? 2 : 1];
    }
}

static void make_executable(void)
{
    for (unsigned i = 0; i < WORDS; i++) {
        clean(&code[i]);
    }
    __asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

__attribute__((noinline)) static uint32_t work(uint32_t seed)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525 + 1013904223;
    }
    return seed;
}

#ifdef AWAIT_RESCAN
static void await_rescan(void)
{
    const volatile uint32_t *read = code;

    /* A word that an instruction loads by name is not taken for one itself. */
    __asm__("" : "+r"(read));
    print("latecode: written\n");
    for (unsigned i = 0; i < AWAIT_RESCAN && read[READ] == ~inverted[0]; i++) {
    }
    check(read[READ] != ~inverted[0], "there was a rescan");
}
#else
static void await_rescan(void)
{
}
#endif

#if defined(__aarch64__) || defined(AWAIT_RESCAN)
static uint32_t debug_status(void)
{
    return 0;
}
#else
/* Turns monitor mode on and tells whether it is, as Linux does. */
static uint32_t debug_status(void)
{
    uint32_t status;

    __asm__ volatile("mrc p14, 0, %0, c0, c2, 2\n\torr %0, %0, #0x8000\n\t"
                     "mcr p14, 0, %0, c0, c2, 2\n\tisb\n\tmrc p14, 0, %0, c0, c1, 0"
                     : "=r"(status));
    return status & 0x8000;
}
#endif

int main(void)
{
    uint64_t first, second;
    uint64_t (*read_counter)(void) = (uint64_t(*)(void))(uintptr_t)code;

    print("latecode: before, %x\n", work(1));
    write_code();
    make_executable();
    await_rescan();
    first = read_counter();
    print("latecode: after, %x, debug status %x\n", work(2), debug_status());
    second = read_counter();
    check(second >= first, "the counter does not go back");
    print("latecode: %x\n", work((uint32_t)second));
    finish("latecode");
}
