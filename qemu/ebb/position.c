/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "system/cpu-timers.h"
#include "position.h"

/* Position minus QEMU's counter. */
static uint64_t offset;

void ebb_position_set(uint64_t position)
{
    offset = position - (uint64_t)icount_get_raw();
}

uint64_t ebb_position_now(void)
{
    return offset + (uint64_t)icount_get_raw();
}

uint64_t ebb_position_of_instruction(void)
{
    /*
     * With -icount an instruction that reaches a device is the last of its translation block, whose
     * instructions were all taken into account on entry.
     */
    return ebb_position_now() - 1;
}

uint64_t ebb_position_of_access(CPUState *cpu)
{
    /*
     * Loads and stores come with the host address to return to in the translated code. A fetch has
     * none: it is made while the block is being translated, before any of it is counted; blocks of
     * device memory have one instruction.
     */
    return cpu->mem_io_pc ? ebb_position_of_instruction() : ebb_position_now();
}
