/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the log says of interrupts: when their lines rose, and which number the guest was told when
 * it asked the GIC. Read along with the rows of a scan. */
#ifndef EBB_CLI_QUESTIONS_IRQ_EVENTS_H
#define EBB_CLI_QUESTIONS_IRQ_EVENTS_H

#include "cli/manifest.h"

#include "log/cursor.h"
#include "log/reader.h"

#define IRQ_EVENTS_LINES 4u /* IRQ, FIQ, VIRQ, VFIQ: the CPU's inputs in their order */

struct irq_events {
    const struct manifest *manifest;
    const struct ebb_log *log;
    struct ebb_cursor *cursor;
    struct ebb_event next;
    uint64_t number; /* of the next event */
    bool have_next;
    bool lost; /* the next event is in a damaged block */
    bool high[IRQ_EVENTS_LINES];
    uint64_t rose[IRQ_EVENTS_LINES]; /* the first position at which it was high, if it is */
    /* Called for each number that the GIC has told the guest. */
    void (*acknowledged)(void *opaque, uint32_t number);
    void *opaque;
};

/* Opened before the first event. irq_events_close() also after an error. */
int irq_events_open(struct irq_events *events, const struct ebb_log *log,
                    const struct manifest *manifest, struct ebb_error *error);
void irq_events_close(struct irq_events *events);

/* Goes over all that takes effect before the instruction at a position, in front of which an
 * interrupt may be taken. Behind damage it goes on at the last keyframe up to there, and no line is
 * known to be high at first. */
int irq_events_go(struct irq_events *events, uint64_t position, struct ebb_error *error);
/* Goes over all the rest of earlier positions and of this one. */
int irq_events_go_behind(struct irq_events *events, uint64_t position, struct ebb_error *error);

#endif
