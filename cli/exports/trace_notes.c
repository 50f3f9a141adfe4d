/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_notes.h"

#include "cli/bookmark_file.h"
#include "cli/console_lines.h"
#include "cli/markers.h"
#include "cli/progress.h"

#include "log/keyframe_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#define TIMES 1000u /* readings of the clock, at most */

struct writer {
    struct trace_file *trace;
    struct question *question;
    struct clock_follower *clock;
    uint64_t from, last;
};

static bool is_inside(const struct writer *writer, uint64_t position)
{
    return position >= writer->from && position <= writer->last;
}

static int write_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct writer *writer = opaque;
    bool has_number = line->console < writer->question->recording.manifest->console_count;
    json_t *text = json_printable(line->bytes, line->length);
    json_t *arguments =
        json_pack("{s:o, s:O}", "console",
                  has_number ? json_integer((json_int_t)line->console) : json_null(), "text", text);
    int status;

    if (progress_is_interrupted()) {
        status = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        json_decref(arguments);
    } else if (!arguments) {
        status = ebb_fail_memory(error);
    } else {
        status = trace_file_instant(writer->trace, TRACE_ORDER_CONSOLE, "console",
                                    json_string_value(text), line->position, arguments, error);
    }
    json_decref(text);
    return status ? -1 : ferror(writer->trace->list.out) != 0;
}

static int write_console(struct writer *writer, struct ebb_error *error)
{
    const struct recording *recording = &writer->question->recording;

    return console_lines_visit(recording->log, recording->manifest, writer->from, writer->last,
                               write_line, writer, error);
}

static int write_markers(struct writer *writer, struct ebb_error *error)
{
    const struct recording *recording = &writer->question->recording;
    struct markers markers;
    int status = markers_read(&markers, recording->log, recording->manifest, error);

    for (size_t i = 0; i < markers.count && status == 0; i++) {
        const struct marker *marker = &markers.list[i];

        if (is_inside(writer, marker->position)) {
            status = trace_file_instant(writer->trace, TRACE_ORDER_MARKERS, "markers", marker->name,
                                        marker->position, json_object(), error);
        }
    }
    markers_clear(&markers);
    return status;
}

static int write_bookmark(struct writer *writer, const json_t *mark, struct ebb_error *error)
{
    json_int_t position = json_integer_value(json_object_get(mark, "position"));

    if (position < 0 || !is_inside(writer, (uint64_t)position)) {
        return 0;
    }
    return trace_file_instant(writer->trace, TRACE_ORDER_BOOKMARKS, "bookmarks",
                              json_string_value(json_object_get(mark, "name")), (uint64_t)position,
                              json_pack("{s:O, s:O}", "note", json_object_get(mark, "note"),
                                        "place", json_object_get(mark, "place")),
                              error);
}

static int write_bookmarks(struct writer *writer, struct ebb_error *error)
{
    struct bookmark_file *file = bookmark_file_open(&writer->question->recording, error);
    json_t *marks = file ? bookmark_file_load(file, error) : NULL;
    int status = marks ? 0 : -1;

    for (size_t i = 0; i < json_array_size(marks) && status == 0; i++) {
        status = write_bookmark(writer, json_array_get(marks, i), error);
    }
    json_decref(marks);
    bookmark_file_close(file);
    return status;
}

static int write_keyframe(struct writer *writer, const struct ebb_keyframe *keyframe,
                          struct ebb_error *error)
{
    char name[40];

    snprintf(name, sizeof(name), "keyframe %" PRIu64, keyframe->number);
    return trace_file_instant(writer->trace, TRACE_ORDER_KEYFRAMES, "keyframes", name,
                              keyframe->position,
                              json_pack("{s:o}", "number", json_unsigned(keyframe->number)), error);
}

static int write_keyframes(struct writer *writer, struct ebb_error *error)
{
    const struct ebb_log *log = writer->question->recording.log;
    struct ebb_log_summary summary;
    struct ebb_keyframe keyframe;
    int status = 0;

    ebb_log_summary(log, &summary);
    for (uint64_t i = summary.first_keyframe; i < summary.keyframe_count && status == 0; i++) {
        status = ebb_log_keyframe(log, i, &keyframe, error);
        if (status == 0 && is_inside(writer, keyframe.position)) {
            status = write_keyframe(writer, &keyframe, error);
        }
    }
    return status;
}

/* The guest may read its clock at every turn: what it said is asked for at some positions. */
static int write_times(struct writer *writer, struct ebb_error *error)
{
    uint64_t length = writer->last - writer->from, step = length / TIMES + 1;
    uint64_t told = UINT64_MAX;
    struct clock_time time;
    int status = 0;

    for (uint64_t done = step; status >= 0; done += step) {
        uint64_t position = writer->from + (done < length ? done : length);

        status = clock_follower_at(writer->clock, position, &time, error);
        if (status > 0 && time.position >= writer->from && time.position != told) {
            told = time.position;
            status = trace_file_counter(writer->trace, "guest time", told, "ms",
                                        (double)time.nanoseconds / 1e6, error);
        }
        if (done >= length) {
            break;
        }
    }
    return status < 0 ? -1 : 0;
}

int trace_notes_write(struct trace_file *trace, struct question *question,
                      struct clock_follower *clock, uint64_t from, uint64_t last,
                      struct ebb_error *error)
{
    struct writer writer = {
        .trace = trace,
        .question = question,
        .clock = clock,
        .from = from,
        .last = last,
    };

    return write_console(&writer, error) || write_markers(&writer, error) ||
                   write_bookmarks(&writer, error) || write_keyframes(&writer, error) ||
                   write_times(&writer, error)
               ? -1
               : 0;
}
