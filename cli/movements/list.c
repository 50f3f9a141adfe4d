/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list.h"

#include "cli/arm_state.h"

bool movements_condition(const struct movements_cpu *cpu, unsigned condition)
{
    return cpu->unconditional || arm_state_holds(cpu->psr, condition);
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
