/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the ARMv7 vectors to the handlers. */
#include "exception.h"

struct frame { /* start-arm.S builds it */
    uint32_t r[13];
    uint32_t lr;
    uint32_t pc;
    uint32_t cpsr;
};

enum {
    VECTOR_UNDEFINED = 1,
    VECTOR_CALL = 2,
    VECTOR_PREFETCH_ABORT = 3,
    VECTOR_DATA_ABORT = 4,
    VECTOR_IRQ = 6,
};

#define CPSR_THUMB 0x20
#define FAULT_DEBUG 0x22
#define METHOD_OF_ENTRY(dscr) ((dscr) >> 2 & 0xf)
#define ENTRY_BREAKPOINT 1

/* The status code of the long-descriptor format, whichever format is in use. */
static unsigned status_code(uint32_t status)
{
    bool is_long = status & 1 << 9;
    unsigned code = is_long ? status & 0x3f : (status & 0xf) | (status >> 6 & 0x10);

    if (!is_long && code == 0x02) {
        return FAULT_DEBUG;
    }
    return !is_long && code == 0x08 ? FAULT_EXTERNAL : code;
}

/* What the debug registers or a breakpoint instruction have done is an abort as well. */
static enum exception_kind kind_of_debug(enum exception_kind kind)
{
    uint32_t control;

    if (kind == EXCEPTION_DATA_ABORT) {
        return EXCEPTION_WATCHPOINT;
    }
    __asm__ volatile("mrc p14, 0, %0, c0, c2, 2" : "=r"(control)); /* DBGDSCRext */
    return METHOD_OF_ENTRY(control) == ENTRY_BREAKPOINT ? EXCEPTION_BREAKPOINT : EXCEPTION_TRAP;
}

static void describe_abort(struct exception *exception, unsigned vector)
{
    uint32_t status;

    if (vector == VECTOR_DATA_ABORT) {
        exception->kind = EXCEPTION_DATA_ABORT;
        __asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(status));
        __asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(exception->address));
        exception->write = status >> 11 & 1;
    } else {
        exception->kind = EXCEPTION_PREFETCH_ABORT;
        __asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(status));
        __asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(exception->address));
    }
    exception->status = status_code(status);
    if (exception->status == FAULT_DEBUG) {
        exception->kind = kind_of_debug(exception->kind);
    }
}

void exception_entry(struct frame *frame, unsigned vector)
{
    struct exception exception = {.kind = EXCEPTION_OTHER, .pc = frame->pc, .link = frame->lr};

    switch (vector) {
    case VECTOR_IRQ:
        irq_dispatch();
        return;
    case VECTOR_UNDEFINED:
        exception.kind = EXCEPTION_UNDEFINED;
        exception.pc -= frame->cpsr & CPSR_THUMB ? 2 : 4;
        break;
    case VECTOR_CALL:
        exception.kind = EXCEPTION_CALL;
        break;
    case VECTOR_DATA_ABORT:
    case VECTOR_PREFETCH_ABORT:
        describe_abort(&exception, vector);
        break;
    }
    exception_dispatch(&exception);
    frame->pc = exception.pc;
}
