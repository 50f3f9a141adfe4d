/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semihosting calls: their results, what they write to RAM and what they print. A replay makes no
 * such call.
 */
#ifndef EBB_RECORDER_SEMIHOSTING_H
#define EBB_RECORDER_SEMIHOSTING_H

#include "hw/core/cpu.h"

/* Makes the call that the CPU asks for, and records it. */
void recorder_semihosting_call(CPUState *cpu);

#endif
