/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of a value back through history: from memory to the store that has written it, to the
 * register that was stored, to the instruction that has written that, and so on, up to where the
 * value was made or came from outside.
 */
#ifndef EBB_CLI_QUESTIONS_ORIGIN_TRAIL_H
#define EBB_CLI_QUESTIONS_ORIGIN_TRAIL_H

#include "origin_guest.h"

enum origin_did {
    ORIGIN_IS,     /* the value asked for, where it was asked for */
    ORIGIN_STORED, /* `what`, in memory, is from a register */
    ORIGIN_LOADED, /* `what`, a register, is from memory */
    ORIGIN_COPIED, /* `what`, a register, is from another one */
    ORIGIN_STOPS,  /* here is the end of the way */
};

enum origin_reason {
    ORIGIN_COMPUTED,  /* by the instruction */
    ORIGIN_CONSTANT,  /* it is in the instruction */
    ORIGIN_EXTENSION, /* of a narrower value, by zeroes or its sign */
    ORIGIN_LINK,      /* a return address: of a call, or of an exception */
    ORIGIN_SYSTEM,    /* from a system register */
    ORIGIN_DEVICE,    /* the log has it: read from a device's register */
    ORIGIN_CALL,      /* the log has it: the answer to a call that left the guest */
    ORIGIN_DMA,       /* a device has written it to memory */
    ORIGIN_RESET,     /* a reset of the guest has */
    ORIGIN_INITIAL,   /* it was there when the part of history begins that was looked at */
    ORIGIN_PARTS,     /* its bytes are from different places */
    ORIGIN_UNKNOWN,   /* of the instruction it is not known what it writes */
    ORIGIN_CHANGED,   /* the register is another one here, as the stack pointer of another mode */
    ORIGIN_UNMAPPED,  /* where it was loaded from there is no memory that could be looked at */
    ORIGIN_MISMATCH,  /* what was found has another value: a fault of ours */
    ORIGIN_STEPS,     /* there were so many as were wanted */
};

struct origin_step {
    enum origin_did did;
    enum origin_reason reason; /* STOPS */
    uint64_t position;
    struct movement_place what, from;  /* `from` NOWHERE if there is none */
    bool physical;                     /* `what`, in memory, is a physical address */
    uint8_t value[ORIGIN_VALUE_MAX];   /* of what.length bytes */
    const struct movements_cpu *namer; /* in whose set and mode registers have their names */
    const struct origin_cpu *cpu;      /* what is executed at the position; NULL: nothing has to do
                                          with it */
    uint64_t device;                   /* DEVICE: the physical address; */
    bool inside; /* DMA, LINK of exceptions: in the instruction, not in front of it */
};

struct origin_trail {
    /* Of the caller: */
    struct question *question;
    struct origin_guest *guest;
    struct movement_place place; /* at the position; */
    bool physical;               /* memory: a physical address */
    uint64_t position, begin;    /* where it is asked for, how far to look back */
    uint64_t most;               /* steps */
    /* Returns 0, 1 if nobody wants to know more, or -1. */
    int (*tell)(void *opaque, const struct origin_step *step, struct ebb_error *error);
    void *opaque;
    /* Of the walk: */
    uint8_t value[ORIGIN_VALUE_MAX];
    struct origin_cpu cpu;
    bool ended;
};

/* Tells of each step, the first at the position, the last one ORIGIN_STOPS. Moves the timeline.
 * Returns 0, or -1 and fills *error: EBB_ERROR_USAGE if nothing is there at the position. */
int origin_trail_walk(struct origin_trail *trail, struct ebb_error *error);

#endif
