/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions that do nothing if their condition fails. */
#ifndef EBB_CLI_EXPORTS_CONDITIONAL_H
#define EBB_CLI_EXPORTS_CONDITIONAL_H

#include "cli/disassembly_reader.h"

#include <stdbool.h>

/* False if the condition fails that an instruction has: its own, or that of the IT block that it is
 * in. opcode: of a T32 instruction of 4 bytes the first half is the upper one. state: the CPSR in
 * front of it, of AArch64 what gdb shows as it. */
bool conditional_passes(enum disassembly_set set, uint32_t opcode, unsigned size, uint32_t state);

#endif
