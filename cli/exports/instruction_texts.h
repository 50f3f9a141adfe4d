/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions as text, for who writes many of them: what was shown once is kept for the next time,
 * as far as it fits into a memory of one size. */
#ifndef EBB_CLI_EXPORTS_INSTRUCTION_TEXTS_H
#define EBB_CLI_EXPORTS_INSTRUCTION_TEXTS_H

#include "cli/disassembler.h"

struct instruction_texts;

/* NULL after filling *error. */
struct instruction_texts *instruction_texts_open(struct ebb_error *error);
void instruction_texts_close(struct instruction_texts *texts); /* NULL is allowed */

/* code: the instruction, 2 or 4 bytes as in memory. Returns its text, valid until the next is asked
 * for, or NULL after filling *error: there are no answers any more. */
const char *instruction_texts_show(struct instruction_texts *texts, enum disassembly_set set,
                                   uint64_t address, const uint8_t *code, size_t size,
                                   struct ebb_error *error);

#endif
