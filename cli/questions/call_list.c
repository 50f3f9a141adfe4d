/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call_list.h"

#include <stdlib.h>
#include <string.h>

static int reserve(struct call_list *list, struct ebb_error *error)
{
    size_t capacity = 2 * list->count + 64;
    struct call *calls;

    if (list->gone > list->count / 2) {
        list->count -= list->gone;
        memmove(list->calls, list->calls + list->gone, list->count * sizeof(*list->calls));
        list->gone = 0;
    }
    if (list->count < list->capacity) {
        return 0;
    }
    calls = realloc(list->calls, capacity * sizeof(*calls));
    if (!calls) {
        return ebb_fail_memory(error);
    }
    list->calls = calls;
    list->capacity = capacity;
    return 0;
}

int call_list_add(struct call_list *list, const struct timeline_row *row, struct ebb_error *error)
{
    struct call *call;
    size_t registers = row->register_count < CALL_ARGUMENTS ? row->register_count : CALL_ARGUMENTS;

    if (reserve(list, error) < 0) {
        return -1;
    }
    call = &list->calls[list->count++];
    *call = (struct call){
        .made = {.position = row->position,
                 .function = row->address,
                 .return_address = row->return_address,
                 .site = row->site,
                 .stack = row->stack,
                 .space = row->space,
                 .mode = row->mode},
    };
    memcpy(call->arguments, row->registers, registers * sizeof(call->arguments[0]));
    list->open++;
    return 0;
}

/* Positions go up in the list. */
static struct call *find(struct call_list *list, uint64_t position)
{
    size_t low = list->gone, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->calls[middle].made.position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < list->count && list->calls[low].made.position == position ? &list->calls[low]
                                                                           : NULL;
}

void call_list_end(struct call_list *list, const struct timeline_row *row)
{
    struct call *call = find(list, row->call);
    size_t registers = row->register_count < CALL_RESULTS ? row->register_count : CALL_RESULTS;

    if (!call || call->end != CALL_OPEN) {
        return;
    }
    list->open--;
    call->end = row->kind == TIMELINE_ROW_CALL_RETURNED ? CALL_RETURNED : CALL_LEFT;
    call->end_position = row->position;
    memcpy(call->results, row->registers, registers * sizeof(call->results[0]));
}

const struct call *call_list_take(struct call_list *list)
{
    return list->gone == list->count || list->calls[list->gone].end == CALL_OPEN
               ? NULL
               : &list->calls[list->gone++];
}

struct timeline_call *call_list_open(const struct call_list *list, size_t most, size_t *count)
{
    size_t wanted = list->open < most ? list->open : most;
    struct timeline_call *open = malloc((wanted + 1) * sizeof(*open));

    *count = 0;
    for (size_t i = list->gone; open && *count < wanted; i++) {
        if (list->calls[i].end == CALL_OPEN) {
            open[(*count)++] = list->calls[i].made;
        }
    }
    return open;
}

void call_list_give_up(struct call_list *list, const struct timeline_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct call *call = find(list, calls[i].position);

        if (call && call->end == CALL_OPEN) {
            call->end = CALL_LASTS;
            list->open--;
        }
    }
}

void call_list_free(struct call_list *list)
{
    free(list->calls);
    *list = (struct call_list){0};
}
