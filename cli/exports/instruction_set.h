/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instruction sets of ARM, and what a row has of an instruction (scan.code). */
#ifndef EBB_CLI_EXPORTS_INSTRUCTION_SET_H
#define EBB_CLI_EXPORTS_INSTRUCTION_SET_H

#include "cli/disassembly_reader.h"

#include "replay/timeline/scan.h"

/* In the CPSR, and in what gdb shows as it for AArch64. */
#define INSTRUCTION_SET_AARCH32 0x10u
#define INSTRUCTION_SET_THUMB 0x20u /* of AArch32 */

static inline enum disassembly_set instruction_set_of(const struct timeline_row *row)
{
    return !(row->state & INSTRUCTION_SET_AARCH32) ? DISASSEMBLY_A64
           : row->state & INSTRUCTION_SET_THUMB    ? DISASSEMBLY_T32
                                                   : DISASSEMBLY_A32;
}

#endif
