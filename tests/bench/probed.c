/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For arm64 Linux: calls a function that does nothing, as often as it takes to tell what a probe at
 * its entry and its return costs. It begins and ends as a compiler's functions do, since what a
 * probe costs depends on the instruction that it replaces.
 */
#include "calls.h"

#define CALLS 1000

void probed_empty(void);
void _start(void);

__asm__(".globl probed_empty\n"
        ".type probed_empty, %function\n"
        "probed_empty:\n"
        "    stp x29, x30, [sp, #-16]!\n"
        "    ldp x29, x30, [sp], #16\n"
        "    ret\n");

void _start(void)
{
    for (int i = 0; i < CALLS; i++) {
        probed_empty();
    }
    leave(0);
}
