/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console_lines.h"

#include "log/cursor.h"

#include <stdlib.h>

#define LINE_MAX_BYTES 65536u

/* A line in the making; one for each console, and one for text that came by other means. */
struct line {
    uint64_t position; /* of its first character */
    size_t length;
    char *bytes; /* LINE_MAX_BYTES */
};

struct reader {
    const struct manifest *manifest;
    uint64_t from, to;
    struct line lines[MANIFEST_MAX_CONSOLES + 1];
    console_visit visit;
    void *opaque;
};

static int end_line(struct reader *reader, size_t number, struct ebb_error *error)
{
    struct line *line = &reader->lines[number];
    struct console_line whole = {
        .position = line->position,
        .console = number,
        .bytes = line->bytes,
        .length = line->length,
    };

    line->length = 0;
    if (whole.position < reader->from || whole.position > reader->to) {
        return 0;
    }
    while (whole.length > 0 && line->bytes[whole.length - 1] == '\r') {
        whole.length--;
    }
    return reader->visit(reader->opaque, &whole, error);
}

static int add_character(struct reader *reader, size_t number, uint64_t position, char character,
                         struct ebb_error *error)
{
    struct line *line = &reader->lines[number];

    if (!line->bytes && !(line->bytes = malloc(LINE_MAX_BYTES))) {
        return ebb_fail_memory(error);
    }
    if (line->length == 0) {
        line->position = position;
    }
    if (character == '\n') {
        return end_line(reader, number, error);
    }
    line->bytes[line->length++] = character;
    return line->length == LINE_MAX_BYTES ? end_line(reader, number, error) : 0;
}

static int add_event(struct reader *reader, const struct ebb_event *event, struct ebb_error *error)
{
    const struct manifest *manifest = reader->manifest;
    int status = 0;

    if (event->kind == EBB_EVENT_MMIO_WRITE && !(event->flags & EBB_EVENT_FAILED)) {
        for (size_t i = 0; i < manifest->console_count; i++) {
            if (event->address == manifest->consoles[i].address) {
                return add_character(reader, i, event->position, (char)event->value, error);
            }
        }
    } else if (event->kind == EBB_EVENT_CONSOLE) {
        for (uint32_t i = 0; i < event->data_length && status == 0; i++) {
            status = add_character(reader, manifest->console_count, event->position,
                                   (char)event->data[i], error);
        }
    }
    return status;
}

/* True if no event behind one at the position is part of a line that is wanted. */
static bool is_past(const struct reader *reader, uint64_t position)
{
    for (size_t i = 0; i <= reader->manifest->console_count; i++) {
        if (reader->lines[i].length > 0 && reader->lines[i].position <= reader->to) {
            return false;
        }
    }
    return position > reader->to;
}

static int read_log(struct reader *reader, const struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_event event;
    int result = cursor ? 0 : -1;

    while (result == 0 && (result = ebb_cursor_next(cursor, &event, error)) > 0) {
        result = add_event(reader, &event, error);
        if (result > 0 || (result == 0 && is_past(reader, event.position))) {
            break;
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

int console_lines_visit(const struct ebb_log *log, const struct manifest *manifest, uint64_t from,
                        uint64_t to, console_visit visit, void *opaque, struct ebb_error *error)
{
    struct reader reader = {
        .manifest = manifest, .from = from, .to = to, .visit = visit, .opaque = opaque};
    int result = read_log(&reader, log, error);

    for (size_t i = 0; i <= manifest->console_count; i++) {
        if (result == 0 && reader.lines[i].length > 0) {
            result = end_line(&reader, i, error);
        }
        free(reader.lines[i].bytes);
    }
    return result < 0 ? -1 : 0;
}
