/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists.h"

#include "cli/register_name.h"
#include "cli/text.h"

#include "log/cursor.h"

#include <inttypes.h>
#include <stdio.h>

#define EVENTS_DEFAULT 10u

static void print_event(uint64_t number, const struct ebb_event *event)
{
    const char *name = ebb_event_kind_name(event->kind);
    char where[REGISTER_NAME_SIZE];

    if (event->kind == EBB_EVENT_SYSREG_READ || event->kind == EBB_EVENT_SYSREG_WRITE) {
        register_name_of(event->address, where);
    } else {
        snprintf(where, sizeof(where), "0x%08" PRIx64, event->address);
    }
    printf("%10" PRIu64 "  %15" PRIu64 "  %-14s %s value 0x%" PRIx64 "\n", number, event->position,
           name ? name : "unknown", where, event->value);
}

int lists_events(struct shell *shell, char *argument, struct ebb_error *error)
{
    unsigned long long wanted = EVENTS_DEFAULT;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int result;

    if (*argument && options_number(argument, "count", UINT32_MAX, &wanted, error) < 0) {
        return -1;
    }
    cursor = ebb_cursor_new(shell->recording.log, error);
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_position(cursor, timeline_position(shell->timeline), error);
    while (result >= 0 && wanted-- > 0) {
        uint64_t number = ebb_cursor_event_number(cursor);

        result = ebb_cursor_next(cursor, &event, error);
        if (result <= 0) {
            break;
        }
        print_event(number, &event);
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

static void print_checkpoint(void *opaque, const struct timeline_checkpoint_info *info)
{
    char position[TEXT_NUMBER_SIZE], bytes[TEXT_NUMBER_SIZE];

    (void)opaque;
    printf("%20s  %10s  %s\n", text_count(position, info->position),
           text_bytes(bytes, info->own_bytes), info->keyframe ? "keyframe" : "checkpoint");
}

int lists_checkpoints(struct shell *shell, char *argument, struct ebb_error *error)
{
    (void)argument;
    (void)error;
    timeline_visit_checkpoints(shell->timeline, print_checkpoint, NULL);
    return 0;
}
