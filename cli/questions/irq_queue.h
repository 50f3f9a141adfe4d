/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interrupts that were taken, in the order of entry, each until its handler has returned. They
 * leave the queue at its front. Adding, ending and taking one cost the same however many there are,
 * also if handlers never return, as where a system goes on with another stack each time.
 */
#ifndef EBB_CLI_QUESTIONS_IRQ_QUEUE_H
#define EBB_CLI_QUESTIONS_IRQ_QUEUE_H

#include "log/error.h"
#include "replay/timeline/scan.h"

#define IRQ_MORE 4u              /* numbers of further interrupts that one handler is told of */
#define IRQ_SPURIOUS_FIRST 1020u /* numbers that stand for no interrupt */
#define IRQ_SPURIOUS_LAST 1023u
#define IRQ_UNKNOWN UINT64_MAX

/* What is not known is IRQ_UNKNOWN. */
struct irq {
    struct timeline_row row; /* of the entry; its pointers lead nowhere */
    uint64_t number, latency, duration;
    uint32_t more[IRQ_MORE];
    unsigned more_count;
    /* Of the queue: */
    bool forgotten;
    /* While the handler runs, the places of the handlers around it and in it, and of one entered
     * before from what may be a like context. */
    size_t outer, inner, same;
};

struct irq_queue {
    struct irq *irqs;
    size_t count, capacity;
    size_t gone;      /* so many at the front were taken */
    size_t forgotten; /* so many anywhere, since it was compacted */
    size_t open, innermost;
    size_t *contexts; /* by a hash, the last entered of those that run */
    size_t room;      /* of these; a power of two, or 0 */
};

/* A row of an interrupt's entry. */
int irq_queue_add(struct irq_queue *queue, const struct timeline_row *row, uint64_t latency,
                  struct ebb_error *error);
/* The GIC has told the guest a number. Of the handlers that run, the innermost has asked. */
void irq_queue_acknowledged(struct irq_queue *queue, uint32_t number);
/* A row of a return from an exception: the handler that goes back to where it was entered, NULL if
 * that is none of an interrupt's. It is good until a function changes the queue. */
const struct irq *irq_queue_returned(struct irq_queue *queue, const struct timeline_row *row);
/* The first one, if its handler has returned or there is nothing more to come (all); it is taken,
 * and good until a function changes the queue. NULL: there is none. Once that was called for all,
 * nothing else may be but irq_queue_free(). */
const struct irq *irq_queue_take(struct irq_queue *queue, bool all);
/* One that has ended is not to be taken any more: so it needs no memory, whatever is before it. */
void irq_queue_forget(struct irq_queue *queue, const struct irq *irq);
void irq_queue_free(struct irq_queue *queue);

static inline bool irq_queue_is_empty(const struct irq_queue *queue)
{
    return queue->gone == queue->count;
}

static inline bool irq_is_spurious(uint64_t number)
{
    return number >= IRQ_SPURIOUS_FIRST && number <= IRQ_SPURIOUS_LAST;
}

#endif
