/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replacement.h"

static const struct {
    uint32_t mask, value;
} instructions[] = {
    /* BRK: reads of the counter, other accesses */
    {0xfffff81f, 0xd43d6000},
    {0xffff801f, 0xd43d8000},
    /* A32's BKPT: the same */
    {0xffffe0f0, 0xe12ea070},
    {0xfffe00f0, 0xe12c0070},
    /* T32's BKPT, the lower halfword, and what it stands for: the same */
    {0xfe00ffff, 0xea00beeb},
    {0xe000ffff, 0xc000beeb},
    /* Reads of CNTV_CVAL_EL0, in A64, A32 and T32 */
    {0xffffffe0, 0xd53be340},
    {0xfff00fff, 0xec500f3e},
    {0x0ffffff0, 0x0f3eec50},
};

bool replacement_is(const uint8_t *bytes, size_t length)
{
    uint32_t word = 0;

    if (length != sizeof(word)) {
        return false;
    }
    for (size_t i = sizeof(word); i > 0; i--) {
        word = word << 8 | bytes[i - 1];
    }
    for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
        if ((word & instructions[i].mask) == instructions[i].value) {
            return true;
        }
    }
    return false;
}
