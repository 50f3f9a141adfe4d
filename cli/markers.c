/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "markers.h"

#include "text.h"

#include "log/cursor.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_OFFSET 8 /* from the register of numbers to that of texts */

struct reader {
    struct markers *markers;
    uint64_t address;
    bool in_text;
    bool too_long;
    uint64_t position; /* of the text's first character */
    size_t length;
    char text[MARKER_TEXT_MAX];
};

static int add(struct reader *reader, uint64_t position, const char *name, size_t length,
               const char *fault, struct ebb_error *error)
{
    struct markers *markers = reader->markers;
    struct marker marker = {.position = position, .fault = fault};
    struct marker *list;

    /* Room for a power of two of them. */
    if ((markers->count & (markers->count - 1)) == 0) {
        list = realloc(markers->list,
                       (markers->count ? 2 * markers->count : 1) * sizeof(*markers->list));
        if (!list) {
            return ebb_fail_memory(error);
        }
        markers->list = list;
    }
    marker.name = text_printable(name, length);
    if (!marker.name) {
        return ebb_fail_memory(error);
    }
    markers->list[markers->count++] = marker;
    return 0;
}

static int end_text(struct reader *reader, const char *fault, struct ebb_error *error)
{
    if (reader->too_long) {
        fault = "it is longer than 200 bytes, and cut there";
    } else if (!reader->length) {
        fault = "it has no text";
    }
    reader->in_text = false;
    return add(reader, reader->position, reader->text, reader->length, fault, error);
}

static int take_character(struct reader *reader, uint64_t position, char character,
                          struct ebb_error *error)
{
    if (!reader->in_text) {
        reader->in_text = true;
        reader->too_long = false;
        reader->position = position;
        reader->length = 0;
    }
    if (character == '\n' || character == '\0') {
        return end_text(reader, NULL, error);
    }
    if (reader->length == MARKER_TEXT_MAX) {
        reader->too_long = true;
    } else if (character != '\r') {
        reader->text[reader->length++] = character;
    }
    return 0;
}

static int take_event(struct reader *reader, const struct ebb_event *event, struct ebb_error *error)
{
    char number[24];
    int length;

    if (event->address == reader->address + TEXT_OFFSET) {
        return take_character(reader, event->position, (char)event->value, error);
    }
    if (event->address != reader->address) {
        return 0;
    }
    length = snprintf(number, sizeof(number), "%" PRIu64, event->value);
    return add(reader, event->position, number, (size_t)length,
               event->flags & EBB_EVENT_FAILED ? "the store ended in an external abort" : NULL,
               error);
}

static int read_log(struct reader *reader, const struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_log_summary summary;
    struct ebb_event event;
    uint64_t from;
    int status = cursor ? 1 : -1;

    ebb_log_summary(log, &summary);
    for (from = summary.first_event; status > 0; from = ebb_cursor_event_number(cursor)) {
        status =
            ebb_cursor_seek_kind(cursor, EBB_EVENT_MMIO_WRITE, from, summary.event_count, error);
        if (status > 0) {
            status = ebb_cursor_next(cursor, &event, error);
        }
        if (status > 0 && take_event(reader, &event, error) < 0) {
            status = -1;
        }
    }
    ebb_cursor_free(cursor);
    return status;
}

/* Into the order of positions. A number that is stored while a text is comes before that text's
 * end, which is the only disorder: no number is moved over twice. */
static void sort(struct markers *markers)
{
    for (size_t i = 1; i < markers->count; i++) {
        struct marker marker = markers->list[i];
        size_t place = i;

        while (place > 0 && markers->list[place - 1].position > marker.position) {
            markers->list[place] = markers->list[place - 1];
            place--;
        }
        markers->list[place] = marker;
    }
}

int markers_read(struct markers *markers, const struct ebb_log *log,
                 const struct manifest *manifest, struct ebb_error *error)
{
    struct reader reader = {.markers = markers, .address = manifest->markers};
    int status;

    *markers = (struct markers){0};
    if (!manifest->markers) {
        return 0;
    }
    status = read_log(&reader, log, error);
    if (status < 0 && error->kind == EBB_ERROR_CORRUPT) {
        status = 0;
    }
    if (status == 0 && reader.in_text) {
        status = end_text(&reader, "it has no end", error);
    }
    sort(markers);
    return status;
}

void markers_clear(struct markers *markers)
{
    for (size_t i = 0; i < markers->count; i++) {
        free(markers->list[i].name);
    }
    free(markers->list);
    *markers = (struct markers){0};
}

const struct marker *markers_find(const struct markers *markers, const char *name, uint64_t behind)
{
    const struct marker *first = NULL;

    for (size_t i = 0; i < markers->count; i++) {
        const struct marker *marker = &markers->list[i];

        if (strcmp(marker->name, name) != 0) {
            continue;
        }
        if (marker->position > behind) {
            return marker;
        }
        if (!first) {
            first = marker;
        }
    }
    return first;
}
