/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notes.h"

#include "cli/bookmark_file.h"
#include "cli/console_lines.h"
#include "cli/markers.h"
#include "cli/progress.h"

#include "log/keyframe_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#define TIMES 1000u /* readings of the clock, at most */

struct visit {
    struct question *question;
    struct clock_follower *clock;
    uint64_t from, last;
    notes_visitor call;
    void *opaque;
};

static bool is_inside(const struct visit *visit, uint64_t position)
{
    return position >= visit->from && position <= visit->last;
}

/* Takes the reference to the details; NULL is a lack of memory. */
static int tell(struct visit *visit, enum note_kind kind, uint64_t position, const char *name,
                json_t *details, struct ebb_error *error)
{
    struct note note = {.kind = kind, .position = position, .name = name, .details = details};
    int status = details ? visit->call(visit->opaque, &note, error) : ebb_fail_memory(error);

    json_decref(details);
    return status;
}

static int visit_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct visit *visit = opaque;
    bool has_number = line->console < visit->question->recording.manifest->console_count;
    json_t *text;
    int status;

    if (progress_is_interrupted()) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    text = json_printable(line->bytes, line->length);
    status = tell(visit, NOTE_CONSOLE, line->position, json_string_value(text),
                  json_pack("{s:o, s:O}", "console",
                            has_number ? json_integer((json_int_t)line->console) : json_null(),
                            "text", text),
                  error);
    json_decref(text);
    return status;
}

static int visit_console(struct visit *visit, struct ebb_error *error)
{
    const struct recording *recording = &visit->question->recording;

    return console_lines_visit(recording->log, recording->manifest, visit->from, visit->last,
                               visit_line, visit, error);
}

static int visit_markers(struct visit *visit, struct ebb_error *error)
{
    const struct recording *recording = &visit->question->recording;
    struct markers markers;
    int status = markers_read(&markers, recording->log, recording->manifest, error);

    for (size_t i = 0; i < markers.count && status == 0; i++) {
        const struct marker *marker = &markers.list[i];

        if (is_inside(visit, marker->position)) {
            status = tell(visit, NOTE_MARKER, marker->position, marker->name, json_object(), error);
        }
    }
    markers_clear(&markers);
    return status;
}

static int visit_bookmark(struct visit *visit, const json_t *mark, struct ebb_error *error)
{
    json_int_t position = json_integer_value(json_object_get(mark, "position"));

    if (position < 0 || !is_inside(visit, (uint64_t)position)) {
        return 0;
    }
    return tell(visit, NOTE_BOOKMARK, (uint64_t)position,
                json_string_value(json_object_get(mark, "name")),
                json_pack("{s:O, s:O}", "note", json_object_get(mark, "note"), "place",
                          json_object_get(mark, "place")),
                error);
}

static int visit_bookmarks(struct visit *visit, struct ebb_error *error)
{
    struct bookmark_file *file = bookmark_file_open(&visit->question->recording, error);
    json_t *marks = file ? bookmark_file_load(file, error) : NULL;
    int status = marks ? 0 : -1;

    for (size_t i = 0; i < json_array_size(marks) && status == 0; i++) {
        status = visit_bookmark(visit, json_array_get(marks, i), error);
    }
    json_decref(marks);
    bookmark_file_close(file);
    return status;
}

static int visit_keyframe(struct visit *visit, const struct ebb_keyframe *keyframe,
                          struct ebb_error *error)
{
    char name[40];

    snprintf(name, sizeof(name), "keyframe %" PRIu64, keyframe->number);
    return tell(visit, NOTE_KEYFRAME, keyframe->position, name,
                json_pack("{s:o}", "number", json_unsigned(keyframe->number)), error);
}

static int visit_keyframes(struct visit *visit, struct ebb_error *error)
{
    const struct ebb_log *log = visit->question->recording.log;
    struct ebb_log_summary summary;
    struct ebb_keyframe keyframe;
    int status = 0;

    ebb_log_summary(log, &summary);
    for (uint64_t i = summary.first_keyframe; i < summary.keyframe_count && status == 0; i++) {
        status = ebb_log_keyframe(log, i, &keyframe, error);
        if (status == 0 && is_inside(visit, keyframe.position)) {
            status = visit_keyframe(visit, &keyframe, error);
        }
    }
    return status;
}

/* The guest may read its clock at every turn: what it said is asked for at some positions. */
static int visit_times(struct visit *visit, struct ebb_error *error)
{
    uint64_t length = visit->last - visit->from, step = length / TIMES + 1;
    uint64_t told = UINT64_MAX;
    struct clock_time time;
    int status = 0;

    for (uint64_t done = step; status >= 0; done += step) {
        uint64_t position = visit->from + (done < length ? done : length);

        status = clock_follower_at(visit->clock, position, &time, error);
        if (status > 0 && time.position >= visit->from && time.position != told) {
            struct note note = {
                .kind = NOTE_TIME, .position = time.position, .nanoseconds = time.nanoseconds};

            told = time.position;
            status = visit->call(visit->opaque, &note, error);
        }
        if (done >= length) {
            break;
        }
    }
    return status < 0 ? -1 : 0;
}

int notes_visit(struct question *question, struct clock_follower *clock, uint64_t from,
                uint64_t last, notes_visitor call, void *opaque, struct ebb_error *error)
{
    struct visit visit = {
        .question = question,
        .clock = clock,
        .from = from,
        .last = last,
        .call = call,
        .opaque = opaque,
    };

    return visit_console(&visit, error) < 0 || visit_markers(&visit, error) < 0 ||
                   visit_bookmarks(&visit, error) < 0 || visit_keyframes(&visit, error) < 0 ||
                   visit_times(&visit, error) < 0
               ? -1
               : 0;
}
