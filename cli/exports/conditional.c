/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conditional.h"

#include "cli/arm_state.h"

#define ALWAYS 0xeu

static uint32_t of_a64(uint32_t opcode)
{
    return (opcode & 0xff000000) == 0x54000000 ? opcode & 0xf : ALWAYS; /* B.cond, BC.cond */
}

/* Of the branches that have a condition of their own; these are in no IT block. */
static uint32_t of_t32_branch(uint32_t opcode, unsigned size)
{
    uint32_t condition = ALWAYS;

    if (size == 2 && opcode >> 12 == 0xd) {
        condition = opcode >> 8 & 0xf; /* 0xe is UDF, 0xf SVC */
    } else if (size == 4 && (opcode & 0xf800d000) == 0xf0008000) {
        condition = opcode >> 22 & 0xf; /* 0xe and 0xf are other instructions */
    }
    return condition;
}

/* ITSTATE is in two parts of the CPSR; its upper half is the condition of this instruction. */
static uint32_t of_t32(uint32_t opcode, unsigned size, uint32_t state)
{
    uint32_t block = (state >> 10 & 0x3f) << 2 | (state >> 25 & 3);

    return block & 0xf ? block >> 4 : of_t32_branch(opcode, size);
}

bool conditional_passes(enum disassembly_set set, uint32_t opcode, unsigned size, uint32_t state)
{
    uint32_t condition = set == DISASSEMBLY_A64   ? of_a64(opcode)
                         : set == DISASSEMBLY_T32 ? of_t32(opcode, size, state)
                                                  : opcode >> 28;

    return arm_state_holds(state, condition);
}
