/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arm_state.h"

#define ALWAYS 14u

enum mode { FIQ = 0x11, IRQ, SUPERVISOR, MONITOR = 0x16, ABORT, HYPERVISOR = 0x1a, UNDEFINED };

bool arm_state_holds(uint32_t state, unsigned condition)
{
    bool n = state >> 31 & 1, z = state >> 30 & 1, c = state >> 29 & 1, v = state >> 28 & 1;
    const bool holds[] = {z, c, n, v, c && !z, n == v, n == v && !z};

    return condition >= ALWAYS || holds[condition >> 1] != (condition & 1);
}

/* The place of a mode's SP; its LR is the one before, but for FIQ, which has R8 to R12 as well. */
static unsigned stack_of(uint32_t mode)
{
    switch (mode) {
    case IRQ:
        return 17;
    case SUPERVISOR:
        return 19;
    case ABORT:
        return 21;
    case UNDEFINED:
        return 23;
    case MONITOR:
        return 33;
    default:
        return 0;
    }
}

unsigned arm_state_bank(uint32_t state, unsigned number)
{
    uint32_t mode = state & ARM_STATE_MODE;
    unsigned stack = stack_of(mode);

    if (mode == FIQ && number >= 8) {
        return number + 16;
    }
    if (mode == HYPERVISOR && number == 13) {
        return 15;
    }
    return number < 13 || !stack ? number : number == 13 ? stack : stack - 1;
}
