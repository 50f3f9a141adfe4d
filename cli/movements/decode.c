/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode.h"

#include "a32.h"
#include "a64.h"
#include "t32.h"

#include "cli/arm_state.h"

void movements_decode(struct movements *movements, const struct movements_cpu *cpu, uint32_t word)
{
    movements->count = 0;
    movements->unknown = false;
    if (cpu->wide) {
        movements_a64(movements, cpu, word);
    } else if (cpu->psr & ARM_STATE_THUMB) {
        movements_t32(movements, cpu, word);
    } else {
        movements_a32(movements, cpu, word);
    }
}
