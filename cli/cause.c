/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause.h"

#include "json_list.h"

enum { EVENTS_MAX = 64 };

static int watch(struct lane *lane, const struct cause_memory *memory, size_t count,
                 struct ebb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (timeline_add_breakpoint(lane->timeline, TIMELINE_WATCH_WRITE, memory[i].address,
                                    memory[i].size, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Goes back over the step: the last that wrote is met first. */
static int look(struct lane *lane, uint64_t position, enum cause_kind *kind,
                struct ebb_error *error)
{
    struct timeline_stop stop;

    if (lane_seek(lane, position, error) < 0 ||
        timeline_run_backward(lane->timeline, position - 1, &stop, error) < 0) {
        return -1;
    }
    if (stop.reason == TIMELINE_STOP_WATCHPOINT && stop.by_device) {
        *kind = stop.by_reset ? CAUSE_RESET : CAUSE_DEVICE;
    }
    return 0;
}

int cause_find(struct lane *lane, uint64_t position, const struct cause_memory *memory,
               size_t count, enum cause_kind *kind, struct ebb_error *error)
{
    int status = 0;

    *kind = CAUSE_INSTRUCTION;
    if (count) {
        timeline_clear_breakpoints(lane->timeline);
        status = watch(lane, memory, count, error) < 0 ? -1 : look(lane, position, kind, error);
        timeline_clear_breakpoints(lane->timeline);
    }
    return status;
}

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

/* True for what takes effect behind the state before the position and not behind its own. */
static bool is_of_step(const struct ebb_event *event, uint64_t position)
{
    return ebb_event_is_asynchronous(event) ? event->position == position
                                            : event->position == position - 1;
}

json_t *cause_events(const struct ebb_log *log, uint64_t position, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    json_t *list = json_array();
    struct ebb_event event;
    int status = cursor && list ? ebb_cursor_seek_position(cursor, position - 1, error) : -1;

    while (status == 0 && ebb_cursor_next(cursor, &event, error) > 0 &&
           event.position <= position && json_array_size(list) < EVENTS_MAX) {
        if (is_of_step(&event, position)) {
            json_array_append_new(list, event_json(&event));
        }
    }
    ebb_cursor_free(cursor);
    if (status < 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}
