/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Positions: the number of instructions executed since the recording began, from QEMU's instruction
 * counter. Recorder and worker use these functions alone, so that both mean the same instruction.
 * To be called on the vCPU thread, or while the vCPU is between two runs.
 */
#ifndef EBB_POSITION_H
#define EBB_POSITION_H

#include "hw/core/cpu.h"

/* From now on the present state has this position. */
void ebb_position_set(uint64_t position);

/* The number of instructions executed so far, the one that is executing included. */
uint64_t ebb_position_now(void);

/*
 * The position of the instruction that is executing: the count before it. For system register
 * accesses, hypercalls and semihosting calls.
 */
uint64_t ebb_position_of_instruction(void);

/*
 * The position of the instruction on whose behalf the CPU makes the memory access at hand: the one
 * that is executing, or, for a fetch from device memory, the one that is about to execute.
 */
uint64_t ebb_position_of_access(CPUState *cpu);

#endif
