/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list.h"

#define ALWAYS 14u

enum mode { FIQ = 0x11, IRQ, SUPERVISOR, MONITOR = 0x16, ABORT, HYPERVISOR = 0x1a, UNDEFINED };

bool movements_condition(const struct movements_cpu *cpu, unsigned condition)
{
    bool n = cpu->psr >> 31 & 1, z = cpu->psr >> 30 & 1, c = cpu->psr >> 29 & 1;
    bool v = cpu->psr >> 28 & 1, holds;

    if (condition >= ALWAYS || cpu->unconditional) {
        return true;
    }
    switch (condition >> 1) {
    case 0:
        holds = z;
        break;
    case 1:
        holds = c;
        break;
    case 2:
        holds = n;
        break;
    case 3:
        holds = v;
        break;
    case 4:
        holds = c && !z;
        break;
    case 5:
        holds = n == v;
        break;
    default:
        holds = n == v && !z;
        break;
    }
    return holds != (condition & 1);
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

unsigned movements_bank(unsigned number, uint32_t mode)
{
    unsigned stack = stack_of(mode & 31);

    if ((mode & 31) == FIQ && number >= 8) {
        return number + 16;
    }
    if ((mode & 31) == HYPERVISOR && number == 13) {
        return 15;
    }
    return number < 13 || !stack ? number : number == 13 ? stack : stack - 1;
}

void movements_add(struct movements *movements, enum movement_kind kind, struct movement_place to,
                   struct movement_place from)
{
    if (movements->count < MOVEMENTS_MAX) {
        movements->list[movements->count++] =
            (struct movement){.kind = kind, .to = to, .from = from};
    } else {
        movements->unknown = true;
    }
}

void movements_transfer(struct movements *movements, const struct movements_cpu *cpu,
                        struct movement_place to, struct movement_place from)
{
    unsigned before = movements->count;

    movements_add(movements, MOVEMENT_COPY, to, from);
    if (movements->count > before) {
        movements->list[before].reversed = cpu->big_endian && to.length > 1;
    }
}

void movements_make(struct movements *movements, enum movement_kind kind, struct movement_place to)
{
    if (to.length) {
        movements_add(movements, kind, to, (struct movement_place){MOVEMENT_NOWHERE, 0, 0});
    }
}
