/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs the virt machine's second flash, word by word with a look at each, and runs code in it,
 * also after it was erased and programmed with other code.
 */
#include "guest.h"

#define FLASH 0x04000000u
#define WORDS 500
#define CODE (FLASH + (1u << 20)) /* in an erase block of its own */

/* Two chips of 16 bits side by side, each of which gets the commands of Intel's extended set. */
#define READ_ARRAY 0x00ff00ff
#define PROGRAM 0x00400040
#define ERASE 0x00200020
#define CONFIRM 0x00d000d0

#ifdef __aarch64__
#define RETURN_1 0x52800020 /* mov w0, #1 */
#define RETURN_2 0x52800040
#define RETURN 0xd65f03c0
#else
#define RETURN_1 0xe3a00001 /* mov r0, #1 */
#define RETURN_2 0xe3a00002
#define RETURN 0xe12fff1e
#endif

static void program(uintptr_t address, uint32_t value)
{
    write32(address, PROGRAM);
    write32(address, value);
    write32(address, READ_ARRAY);
}

static void erase(uintptr_t block)
{
    write32(block, ERASE);
    write32(block, CONFIRM);
    write32(block, READ_ARRAY);
}

static unsigned run_code(uint32_t instruction)
{
    erase(CODE);
    check(read32(CODE) == 0xffffffff, "it is erased");
    program(CODE, instruction);
    program(CODE + 4, RETURN);
#ifdef __aarch64__
    __asm__ volatile("dsb sy; ic iallu; dsb sy; isb" ::: "memory");
#else
    __asm__ volatile("dsb sy; mcr p15, 0, %0, c7, c5, 0; dsb sy; isb" : : "r"(0) : "memory");
#endif
    return ((unsigned (*)(void))(uintptr_t)CODE)();
}

int main(void)
{
    bool ok = true;

    for (unsigned i = 0; i < WORDS; i++) {
        program(FLASH + 4 * i, 0x01010101u * i);
        ok = ok && read32(FLASH + 4 * i) == 0x01010101u * i;
    }
    check(ok, "words are programmed");
    check(run_code(RETURN_1) == 1, "code in flash runs");
    check(run_code(RETURN_2) == 2, "other code in its place runs");
    finish("flash");
}
