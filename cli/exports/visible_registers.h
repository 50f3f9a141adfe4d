/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The general registers as the code that runs sees them: of AArch32 those that its mode has, of
 * AArch64 with the stack pointer that its exception level has chosen. */
#ifndef EBB_CLI_EXPORTS_VISIBLE_REGISTERS_H
#define EBB_CLI_EXPORTS_VISIBLE_REGISTERS_H

#include "replay/timeline/scan.h"

#define VISIBLE_REGISTERS 32u
#define VISIBLE_STACK_POINTER 31u /* of AArch64 */

struct visible_registers {
    bool aarch64;
    uint32_t mode;                      /* M[4:0] of the processor state */
    uint32_t known;                     /* bit n: value n is known */
    uint64_t values[VISIBLE_REGISTERS]; /* X0 to X30 and SP, or R0 to R14 */
};

/* In front of the instruction of a sample, with all registers and `code`. */
void visible_registers_of(const struct timeline_row *row, struct visible_registers *visible);

/* Those of the code that an exception has interrupted. On a CPU without AArch64 some registers are
 * those of the handler's mode by then; these are not known. */
void visible_registers_interrupted(const struct timeline_row *row,
                                   struct visible_registers *visible);

/* "X0", "SP_EL1", "r13_svc"; room for VISIBLE_NAME_SIZE bytes. */
#define VISIBLE_NAME_SIZE 16u
void visible_register_name(const struct visible_registers *visible, unsigned number, char *name);

#endif
