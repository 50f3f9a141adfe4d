/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions as text, as gdb writes them. */
#ifndef EBB_CLI_DISASSEMBLER_H
#define EBB_CLI_DISASSEMBLER_H

#include "disassembly_reader.h"

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>

struct disassembler;

struct disassembler_line {
    unsigned size;   /* bytes; 2 or 4 */
    bool has_target; /* an address stands in the text: */
    uint64_t target;
    const char *text; /* valid until the next is asked for */
};

struct disassembler *disassembler_open(struct ebb_error *error);
void disassembler_close(struct disassembler *disassembler); /* NULL is allowed */

/* The instruction that the bytes begin with; at most DISASSEMBLY_BYTES of them are looked at. What
 * is none is shown as data. Returns 0, or -1 if there are no answers any more. */
int disassembler_show(struct disassembler *disassembler, enum disassembly_set set, uint64_t address,
                      const uint8_t *bytes, size_t size, struct disassembler_line *line,
                      struct ebb_error *error);

#endif
