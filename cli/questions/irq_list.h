/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interrupts that were taken and are not done with yet: each from its entry on, with what the
 * log tells of it and where its handler returns. Fed with the rows of a scan. */
#ifndef EBB_CLI_QUESTIONS_IRQ_LIST_H
#define EBB_CLI_QUESTIONS_IRQ_LIST_H

#include "device_tree.h"
#include "irq_events.h"
#include "irq_queue.h"
#include "question.h"

struct irq_list {
    struct irq_queue queue;
    struct irq_events events;
    struct device_tree *tree;
};

/* Of a question that was just opened. irq_list_close() also after an error. */
int irq_list_open(struct irq_list *irqs, struct question *question, struct ebb_error *error);
void irq_list_close(struct irq_list *irqs);

/* What a number is of; "" if nothing is known. */
const char *irq_list_name(const struct irq_list *irqs, uint64_t number);

/* True if an exception is an interrupt. */
bool irq_is_entered(const struct timeline_row *row);

/* Reads the log up to where the row is, that of an interrupt's entry or of a return from an
 * exception. To be called for each of them, in their order, before the others. */
int irq_list_reach(struct irq_list *irqs, const struct timeline_row *row, struct ebb_error *error);

/* Adds the interrupt that is entered. */
int irq_list_enter(struct irq_list *irqs, const struct timeline_row *row, struct ebb_error *error);

/* The interrupt whose handler returns here, which now has a duration; NULL: none of the list. */
const struct irq *irq_list_return(struct irq_list *irqs, const struct timeline_row *row);

/* Takes off the first one in the order of entry, if its handler has returned or, all, in any case;
 * NULL: there is none. As of irq_queue_take(). */
const struct irq *irq_list_take(struct irq_list *irqs, bool all);
/* One that has returned is not to be taken. */
void irq_list_forget(struct irq_list *irqs, const struct irq *irq);
bool irq_list_is_empty(const struct irq_list *irqs);

/* Set members of an object: a value if it is known, a number and the name that goes with it. */
void irq_set_known(json_t *object, const char *name, uint64_t value);
void irq_list_set_number(const struct irq_list *irqs, json_t *object, uint64_t number);

/* What is known of one; NULL: out of memory. */
json_t *irq_list_describe(const struct irq_list *irqs, struct locations *locations,
                          const struct irq *irq);

#endif
