/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step_events.h"

#include "json_list.h"

#include "log/cursor.h"

static json_t *event_json(const struct ebb_event *event)
{
    const char *name = ebb_event_kind_name(event->kind);
    json_t *object =
        json_pack("{s:s, s:o, s:o}", "kind", name ? name : "?", "position",
                  json_unsigned(event->position), "address", json_hexadecimal(event->address));

    if (object && event->data_length) {
        json_object_set_new(object, "bytes", json_integer(event->data_length));
    } else if (object) {
        json_object_set_new(object, "value", json_hexadecimal(event->value));
    }
    return object;
}

/* True for what takes effect behind the state before the position and not behind its own; what only
 * says where the CPU was has none. */
static bool is_of_step(const struct ebb_event *event, uint64_t position)
{
    if (ebb_event_kind_has_place(event->kind)) {
        return false;
    }
    return ebb_event_is_asynchronous(event) ? event->position == position
                                            : event->position == position - 1;
}

static int append(json_t *array, const struct ebb_event *event, uint64_t *left_out,
                  struct ebb_error *error)
{
    if (json_array_size(array) >= STEP_EVENTS_MAX) {
        (*left_out)++;
        return 0;
    }
    return json_array_append_new(array, event_json(event)) < 0 ? ebb_fail_memory(error) : 0;
}

int step_events(const struct ebb_log *log, uint64_t position, json_t *array, uint64_t *left_out,
                struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_event event;
    int status = cursor ? ebb_cursor_seek_position(cursor, position - 1, error) : -1;

    *left_out = 0;
    while (status == 0 && (status = ebb_cursor_next(cursor, &event, error)) > 0 &&
           event.position <= position) {
        status = is_of_step(&event, position) ? append(array, &event, left_out, error) : 0;
    }
    ebb_cursor_free(cursor);
    return status < 0 ? -1 : 0;
}
