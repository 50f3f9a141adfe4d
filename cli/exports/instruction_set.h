/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instruction sets of ARM, and what a row has of an instruction (scan.code). */
#ifndef EBB_CLI_EXPORTS_INSTRUCTION_SET_H
#define EBB_CLI_EXPORTS_INSTRUCTION_SET_H

#include "cli/arm_state.h"
#include "cli/disassembly_reader.h"

#include "replay/timeline/scan.h"

static inline enum disassembly_set instruction_set_of(const struct timeline_row *row)
{
    return !(row->state & ARM_STATE_AARCH32) ? DISASSEMBLY_A64
           : row->state & ARM_STATE_THUMB    ? DISASSEMBLY_T32
                                             : DISASSEMBLY_A32;
}

#endif
