/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processor state of ARM: its bits, what its conditions say, and which registers a mode has. */
#ifndef EBB_CLI_ARM_STATE_H
#define EBB_CLI_ARM_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* In the CPSR, and in what gdb shows as it for AArch64 (Arm ARM, C5.2.19 and G8.2.33). */
#define ARM_STATE_MODE 0x1fu
#define ARM_STATE_AARCH32 0x10u /* of the mode */
#define ARM_STATE_THUMB 0x20u   /* of AArch32 */
#define ARM_STATE_BIG_ENDIAN 0x200u

/* The number of its register in the target descriptions of QEMU. */
#define ARM_STATE_NUMBER_AARCH64 33u
#define ARM_STATE_NUMBER_AARCH32 25u

/* USR, or AArch64's EL0. */
static inline bool arm_state_is_user(uint32_t state)
{
    return (state & 0xf) == 0;
}

/* Whether a condition code holds (Arm ARM, C1.2.4 and F1.3.1). */
bool arm_state_holds(uint32_t state, unsigned condition);

/* Which of AArch64's registers R0 to R14 of one of AArch32's modes is (Arm ARM, D1.20.1); of
 * Monitor mode, which has no place there, R13 and R14 are 33 and 32. */
unsigned arm_state_bank(uint32_t state, unsigned number);

#endif
