/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last write to a piece of physical memory before a position: whoever made it, by whatever
 * virtual address. */
#ifndef EBB_CLI_QUESTIONS_MEMORY_WRITER_H
#define EBB_CLI_QUESTIONS_MEMORY_WRITER_H

#include "question.h"

enum memory_writer_kind {
    MEMORY_WRITER_NONE, /* from the beginning on nothing has written it */
    MEMORY_WRITER_CPU,  /* the instruction at the position */
    MEMORY_WRITER_DEVICE,
    MEMORY_WRITER_RESET,
};

struct memory_writer {
    /* Of the caller: the physical address, bytes, as they are at the position, and how far to look
     * back. */
    uint64_t address;
    unsigned length;
    uint64_t position, begin;
    /* What is found: */
    enum memory_writer_kind kind;
    uint64_t
        where; /* of what is not the CPU's: the position in, or on reaching which it was written */
    bool inside;    /* in the instruction there */
    uint32_t bytes; /* bit n: byte n was written there */
};

/* Moves the timeline. Returns 0, or -1 and fills *error: EBB_ERROR_INTERRUPTED after Ctrl-C. */
int memory_writer_find(struct memory_writer *writer, struct question *question,
                       struct ebb_error *error);

#endif
