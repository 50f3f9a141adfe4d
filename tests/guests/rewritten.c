/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a function, calls it, and writes another one in its place: an address has had many
 * instructions. */
#include "guest.h"

#define ROUNDS 20

static volatile uint32_t code[2] __attribute__((aligned(64)));

#ifdef __aarch64__
#define MOVE(number) (0x52800000u | (number) << 5) /* mov w0, #number */
#define RETURN 0xd65f03c0u
#define MAKE_VISIBLE "dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
#else
#define MOVE(number) (0xe3a00000u | (number)) /* mov r0, #number */
#define RETURN 0xe12fff1eu
#define MAKE_VISIBLE "mcr p15, 0, %0, c7, c11, 1\n\tdsb\n\tmcr p15, 0, %0, c7, c5, 1\n\tdsb\n\tisb"
#endif

int main(void)
{
    unsigned (*function)(void) = (unsigned (*)(void))(uintptr_t)code;

    for (unsigned i = 0; i < ROUNDS; i++) {
        code[0] = MOVE(i);
        code[1] = RETURN;
        __asm__ volatile(MAKE_VISIBLE ::"r"(code) : "memory");
        check(function() == i, "what was written last");
    }
    print("rewritten: PASS\n");
    return 0;
}
