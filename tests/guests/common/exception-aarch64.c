/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the AArch64 vectors to the handlers. */
#include "exception.h"

struct frame { /* start-aarch64.S builds it */
    uint64_t x[31];
    uint64_t pc;
    uint64_t spsr;
};

#define VECTOR_SYNC_SAME_LEVEL 4
#define VECTOR_IRQ_SAME_LEVEL 5
#define VECTOR_SYNC_AARCH32 12
#define VECTOR_IRQ_AARCH32 13
#define SPSR_STEP (1ull << 21)

static enum exception_kind kind_of_class(unsigned class)
{
    switch (class) {
    case 0x00:
        return EXCEPTION_UNDEFINED;
    case 0x11: /* from AArch32 */
    case 0x15:
        return EXCEPTION_CALL;
    case 0x21:
        return EXCEPTION_PREFETCH_ABORT;
    case 0x25:
        return EXCEPTION_DATA_ABORT;
    case 0x31:
        return EXCEPTION_BREAKPOINT;
    case 0x33:
        return EXCEPTION_STEP;
    case 0x35:
        return EXCEPTION_WATCHPOINT;
    case 0x3c:
        return EXCEPTION_TRAP;
    default:
        return EXCEPTION_OTHER;
    }
}

void exception_entry(struct frame *frame, unsigned vector)
{
    struct exception exception = {.kind = EXCEPTION_OTHER, .pc = frame->pc, .link = frame->x[30]};
    uint64_t syndrome;

    if (vector == VECTOR_IRQ_SAME_LEVEL || vector == VECTOR_IRQ_AARCH32) {
        irq_dispatch();
        return;
    }
    if (vector == VECTOR_SYNC_SAME_LEVEL || vector == VECTOR_SYNC_AARCH32) {
        __asm__ volatile("mrs %0, esr_el1" : "=r"(syndrome));
        __asm__ volatile("mrs %0, far_el1" : "=r"(exception.address));
        exception.kind = kind_of_class(syndrome >> 26 & 0x3f);
        exception.status = syndrome & 0x3f;
        exception.write = syndrome >> 6 & 1;
    }
    exception_dispatch(&exception);
    frame->pc = exception.pc;
    frame->spsr = exception.step ? frame->spsr | SPSR_STEP : frame->spsr & ~SPSR_STEP;
}
