/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "irq_queue.h"

#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX
#define ROOM_AT_FIRST 64u

static bool same_context(const struct timeline_row *a, const struct timeline_row *b)
{
    return a->from_pc == b->from_pc && a->stack == b->stack && a->space == b->space &&
           a->mode == b->mode;
}

static size_t *bucket(const struct irq_queue *queue, const struct timeline_row *row)
{
    uint64_t hash = row->from_pc;

    hash = (hash ^ row->stack) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 32 ^ row->space ^ row->mode) * 0x9e3779b97f4a7c15u;
    return &queue->contexts[(size_t)(hash >> 32) & (queue->room - 1)];
}

static void enter(struct irq_queue *queue, size_t place)
{
    struct irq *irq = &queue->irqs[place];
    size_t *first = bucket(queue, &irq->row);

    irq->outer = queue->innermost;
    irq->inner = NONE;
    if (queue->innermost != NONE) {
        queue->irqs[queue->innermost].inner = place;
    }
    queue->innermost = place;
    irq->same = *first;
    *first = place;
}

/* Those that run, from the outermost on, so that the last entered comes first in its bucket. */
static void enter_all(struct irq_queue *queue)
{
    for (size_t i = 0; i < queue->room; i++) {
        queue->contexts[i] = NONE;
    }
    queue->innermost = NONE;
    for (size_t i = queue->gone; i < queue->count; i++) {
        if (queue->irqs[i].duration == IRQ_UNKNOWN) {
            enter(queue, i);
        }
    }
}

static int grow_contexts(struct irq_queue *queue, struct ebb_error *error)
{
    size_t room = queue->room ? 2 * queue->room : ROOM_AT_FIRST;
    size_t *contexts = realloc(queue->contexts, room * sizeof(*contexts));

    if (!contexts) {
        return ebb_fail_memory(error);
    }
    queue->contexts = contexts;
    queue->room = room;
    enter_all(queue);
    return 0;
}

/* Moves what is still there together. */
static void compact(struct irq_queue *queue)
{
    size_t kept = 0;

    for (size_t i = queue->gone; i < queue->count; i++) {
        if (!queue->irqs[i].forgotten) {
            queue->irqs[kept++] = queue->irqs[i];
        }
    }
    queue->count = kept;
    queue->gone = queue->forgotten = 0;
    enter_all(queue);
}

static int reserve(struct irq_queue *queue, struct ebb_error *error)
{
    size_t capacity = 2 * queue->count + ROOM_AT_FIRST;
    struct irq *irqs;

    if (queue->count == queue->capacity && queue->gone + queue->forgotten > queue->count / 2) {
        compact(queue);
    }
    if (queue->count == queue->capacity) {
        irqs = realloc(queue->irqs, capacity * sizeof(*irqs));
        if (!irqs) {
            return ebb_fail_memory(error);
        }
        queue->irqs = irqs;
        queue->capacity = capacity;
    }
    return queue->open < queue->room ? 0 : grow_contexts(queue, error);
}

int irq_queue_add(struct irq_queue *queue, const struct timeline_row *row, uint64_t latency,
                  struct ebb_error *error)
{
    size_t place;

    if (reserve(queue, error) < 0) {
        return -1;
    }
    place = queue->count++;
    queue->irqs[place] = (struct irq){
        .row = *row,
        .number = IRQ_UNKNOWN,
        .latency = latency,
        .duration = IRQ_UNKNOWN,
    };
    queue->open++;
    enter(queue, place);
    return 0;
}

void irq_queue_acknowledged(struct irq_queue *queue, uint32_t number)
{
    struct irq *irq = queue->open ? &queue->irqs[queue->innermost] : NULL;

    if (irq && irq->number == IRQ_UNKNOWN) {
        irq->number = number;
    } else if (irq && !irq_is_spurious(number) && irq->more_count < IRQ_MORE) {
        irq->more[irq->more_count++] = number;
    }
}

static void leave(struct irq_queue *queue, const struct irq *irq)
{
    if (irq->inner == NONE) {
        queue->innermost = irq->outer;
    } else {
        queue->irqs[irq->inner].outer = irq->outer;
    }
    if (irq->outer != NONE) {
        queue->irqs[irq->outer].inner = irq->inner;
    }
    queue->open--;
}

const struct irq *irq_queue_returned(struct irq_queue *queue, const struct timeline_row *row)
{
    size_t *place = queue->open ? bucket(queue, row) : NULL;
    struct irq *irq;

    while (place && *place != NONE && !same_context(&queue->irqs[*place].row, row)) {
        place = &queue->irqs[*place].same;
    }
    if (!place || *place == NONE) {
        return NULL;
    }
    irq = &queue->irqs[*place];
    irq->duration = row->position + 1 - irq->row.position;
    *place = irq->same;
    leave(queue, irq);
    return irq;
}

static void pass_forgotten(struct irq_queue *queue)
{
    while (queue->gone < queue->count && queue->irqs[queue->gone].forgotten) {
        queue->gone++;
    }
}

void irq_queue_forget(struct irq_queue *queue, const struct irq *irq)
{
    queue->irqs[irq - queue->irqs].forgotten = true;
    queue->forgotten++;
    pass_forgotten(queue);
}

const struct irq *irq_queue_take(struct irq_queue *queue, bool all)
{
    const struct irq *first = irq_queue_is_empty(queue) ? NULL : &queue->irqs[queue->gone];

    if (!first || (!all && first->duration == IRQ_UNKNOWN)) {
        return NULL;
    }
    queue->gone++;
    pass_forgotten(queue);
    return first;
}

void irq_queue_free(struct irq_queue *queue)
{
    free(queue->irqs);
    free(queue->contexts);
    *queue = (struct irq_queue){0};
}
