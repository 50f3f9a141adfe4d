/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A64, the instruction set of AArch64. */
#ifndef EBB_COUNTER_CODE_A64_H
#define EBB_COUNTER_CODE_A64_H

#include "code.h"

extern const struct instruction_set code_a64;

#endif
