/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decision.h"

#include <stdlib.h>

const struct decision_list decision_none;

struct decision decision_clear_exclusive(const struct worker_exclusive *exclusive)
{
    return (struct decision){
        .override = {.kind = WORKER_CLEAR_EXCLUSIVE, .position = exclusive->position},
        .pc = exclusive->pc};
}

struct decision decision_place_event(uint64_t event, uint64_t position)
{
    return (struct decision){
        .override = {.kind = WORKER_PLACE_EVENT, .event = event, .position = position}};
}

struct decision decision_skip_exits(uint64_t first_event, uint64_t until_event)
{
    return (struct decision){
        .override = {.kind = WORKER_SKIP_EXITS, .event = first_event, .position = until_event}};
}

int decision_by_position(const void *a, const void *b)
{
    const struct decision *one = a, *other = b;
    uint64_t left = one->override.position, right = other->override.position;

    return left < right ? -1 : left > right;
}

int decision_list_add(struct decision_list *decisions, const struct decision *decision)
{
    struct decision *list =
        realloc(decisions->list, (decisions->count + 1) * sizeof(*decisions->list));

    if (!list) {
        return -1;
    }
    list[decisions->count++] = *decision;
    decisions->list = list;
    return 0;
}
