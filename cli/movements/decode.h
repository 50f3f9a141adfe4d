/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instruction of any of the three sets moves. */
#ifndef EBB_CLI_MOVEMENTS_DECODE_H
#define EBB_CLI_MOVEMENTS_DECODE_H

#include "list.h"

/* word: of A64 and A32 the instruction; of T32 its first half in the lower 16 bits, the second in
 * the upper ones. */
void movements_decode(struct movements *movements, const struct movements_cpu *cpu, uint32_t word);

#endif
