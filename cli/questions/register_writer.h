/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last instruction before a position that has written a register, whatever value was there
 * already. Parts of history are scanned from the position back, each four times as long as the one
 * before; of each instruction that was executed in one, the code is read where it was executed
 * last.
 */
#ifndef EBB_CLI_QUESTIONS_REGISTER_WRITER_H
#define EBB_CLI_QUESTIONS_REGISTER_WRITER_H

#include "origin_guest.h"

enum register_writer_kind {
    REGISTER_WRITER_NONE,   /* from the beginning on nothing has written it */
    REGISTER_WRITER_FOUND,  /* the instruction at the position has; the timeline is there */
    REGISTER_WRITER_ENTRY,  /* an exception, taken at the position: AArch32's return address */
    REGISTER_WRITER_CHANGE, /* it is another behind the instruction, which is not known to write it
                             */
};

struct register_writer {
    /* Of the caller: a place in a register, as it is at the position, and how far to look back. */
    struct movement_place place;
    uint64_t position, begin;
    uint64_t value; /* of all of a general register, at the position; */
    bool has_value; /* if it is known */
    /* What is found: */
    enum register_writer_kind kind;
    uint64_t where;
    struct origin_cpu cpu;      /* FOUND, CHANGE: what is executed there; */
    struct movements movements; /* and what that moves */
};

/* Moves the timeline. Returns 0, or -1 and fills *error: EBB_ERROR_INTERRUPTED after Ctrl-C. */
int register_writer_find(struct register_writer *writer, struct question *question,
                         struct origin_guest *guest, struct ebb_error *error);

#endif
