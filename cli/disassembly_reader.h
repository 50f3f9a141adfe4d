/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that turns instructions into text through libopcodes, which gdb does it with as well.
 * The bytes are the guest's, so it runs behind walls (reader_process.h).
 */
#ifndef EBB_CLI_DISASSEMBLY_READER_H
#define EBB_CLI_DISASSEMBLY_READER_H

#include <stdint.h>

enum disassembly_set { DISASSEMBLY_A64 = 1, DISASSEMBLY_A32, DISASSEMBLY_T32 };

#define DISASSEMBLY_BYTES 4u /* of the longest instruction */

struct disassembly_question {
    uint32_t set;  /* enum disassembly_set */
    uint32_t size; /* of bytes */
    uint64_t address;
    uint8_t bytes[DISASSEMBLY_BYTES];
};

/* The text ends with a NUL and has no control characters, if the reader is what it should be. */
struct disassembly_answer {
    uint32_t size;       /* bytes that the instruction has; 0: there is none */
    uint32_t has_target; /* the text has an address in it: */
    uint64_t target;
    char text[256];
};

/* For reader_process_start(). */
void disassembly_reader_serve(const void *unused, int socket);

#endif
