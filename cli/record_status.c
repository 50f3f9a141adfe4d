/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_status.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int record_status_init(struct record_status *status, bool live, struct ebb_error *error)
{
    *status = (struct record_status){.live = live, .line = malloc(RECORD_STATUS_LINE_MAX)};
    return status->line ? 0 : ebb_fail_memory(error);
}

void record_status_destroy(struct record_status *status)
{
    json_decref(status->last);
    free(status->line);
}

static uint64_t member(const struct record_status *status, const char *name)
{
    json_t *value = json_object_get(status->last, name);

    return json_is_integer(value) && json_integer_value(value) > 0
               ? (uint64_t)json_integer_value(value)
               : 0;
}

void record_status_print(const struct record_status *status, FILE *out)
{
    char count[TEXT_NUMBER_SIZE], events[TEXT_NUMBER_SIZE];
    char log[TEXT_NUMBER_SIZE], keyframes[TEXT_NUMBER_SIZE];

    fprintf(out, "%.1f s guest time, %s instructions, %s events, log %s, keyframes %s",
            json_number_value(json_object_get(status->last, "guest_seconds")),
            text_count(count, member(status, "position")),
            text_count(events, member(status, "events")),
            text_bytes(log, member(status, "log_bytes")),
            text_bytes(keyframes, member(status, "keyframe_bytes")));
}

void record_status_clear(struct record_status *status)
{
    if (status->line_shown) {
        fputs("\r\033[K", stderr);
        status->line_shown = false;
    }
}

static void take_line(struct record_status *status)
{
    json_t *object = json_loadb(status->line, status->length, 0, NULL);

    if (!json_is_object(object)) {
        json_decref(object);
        return;
    }
    json_decref(status->last);
    status->last = object;
    if (status->live) {
        fputs("\r\033[Krecording: ", stderr);
        record_status_print(status, stderr);
        fflush(stderr);
        status->line_shown = true;
    }
}

static void take_bytes(struct record_status *status, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            if (!status->skipping) {
                take_line(status);
            }
            status->length = 0;
            status->skipping = false;
        } else if (status->length == RECORD_STATUS_LINE_MAX) {
            status->skipping = true;
        } else {
            status->line[status->length++] = bytes[i];
        }
    }
}

int record_status_read(struct record_status *status, int fd)
{
    char buffer[4096];
    ssize_t count = read(fd, buffer, sizeof(buffer));

    if (count < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    take_bytes(status, buffer, (size_t)count);
    return count > 0;
}

const char *record_status_end(const struct record_status *status)
{
    return json_string_value(json_object_get(status->last, "end"));
}
