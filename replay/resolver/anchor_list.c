/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "anchor_list.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/*
 * How many events before a failure are looked through. It bounds the time and the memory for an
 * interval with very many (8 MB if they are all anchors); the search goes back that far only if
 * nothing nearer helps. Not measured.
 */
#define MAX_EVENTS (1u << 20u)

#define FIRST_ROOM 256u /* anchors; then twice as many each time */

void anchor_list_clear(struct anchor_list *anchors)
{
    free(anchors->events);
    *anchors = (struct anchor_list){0};
}

static int add(struct anchor_list *anchors, size_t *room, uint64_t number)
{
    if (anchors->count == *room) {
        size_t more = 2 * *room + FIRST_ROOM;
        uint64_t *list = realloc(anchors->events, more * sizeof(*list));

        if (!list) {
            return -1;
        }
        anchors->events = list;
        *room = more;
    }
    anchors->events[anchors->count++] = number;
    return 0;
}

static void count_exit(struct anchor_list *anchors, const struct ebb_event *event)
{
    uint64_t lost;

    if (event->kind != EBB_EVENT_EXIT) {
        return;
    }
    anchors->exits++;
    if (event->data_length == sizeof(lost)) {
        memcpy(&lost, event->data, sizeof(lost));
        anchors->lost_exits += le64toh(lost);
    }
}

int anchor_list_read(struct anchor_list *anchors, const struct ebb_log *log, uint64_t first_event,
                     uint64_t before, struct ebb_error *error)
{
    uint64_t from = before - first_event > MAX_EVENTS ? before - MAX_EVENTS : first_event;
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_event event;
    size_t room = 0;
    int result = cursor ? ebb_cursor_seek_event(cursor, from, error) : -1;

    anchor_list_clear(anchors);
    anchors->first_event = first_event;
    for (uint64_t number = from; result == 0 && number < before; number++) {
        int got = ebb_cursor_next(cursor, &event, error);

        if (got <= 0) {
            result = got;
            break;
        }
        if (event.kind != EBB_EVENT_ANCHOR) {
            count_exit(anchors, &event);
        } else if (add(anchors, &room, number)) {
            result = ebb_fail_memory(error);
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

uint64_t anchor_list_event_behind(const struct anchor_list *anchors, uint64_t number, size_t back)
{
    size_t count = anchors->count;

    while (count && anchors->events[count - 1] >= number) {
        count--;
    }
    return count < back ? anchors->first_event : anchors->events[count - back] + 1;
}
