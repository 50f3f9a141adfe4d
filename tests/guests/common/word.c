/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads and stores of one instruction. They are functions so that a debugger stops in them. */
#include "guest.h"

#ifdef __aarch64__
#define WORD "%w0"
#else
#define WORD "%0"
#endif

uint32_t load_word(uintptr_t address)
{
    uint32_t value = 0;

    __asm__ volatile("ldr " WORD ", [%1]" : "+r"(value) : "r"(address) : "memory");
    return value;
}

void store_word(uintptr_t address, uint32_t value)
{
    __asm__ volatile("str " WORD ", [%1]" ::"r"(value), "r"(address) : "memory");
}
