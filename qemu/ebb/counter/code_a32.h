/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A32 and T32, the instruction sets of AArch32. */
#ifndef EBB_COUNTER_CODE_A32_H
#define EBB_COUNTER_CODE_A32_H

#include "code.h"

extern const struct instruction_set code_a32;

/* 32-bit Thumb: the two halfwords of MRRC, as is_read() of an instruction set. */
bool code_t32_is_read(uint16_t first, uint16_t second, struct counter_site *site);

/* The same for any access to the timer; MRC, MCR and MCRR are as many halfwords. */
bool code_t32_is_access(uint16_t first, uint16_t second, struct counter_site *site);

/* How many instructions behind this halfword are in the IT block that it begins; 0: none. */
unsigned code_t32_it_block(uint16_t first);

#endif
