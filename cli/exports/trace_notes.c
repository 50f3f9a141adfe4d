/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_notes.h"

#include "notes.h"

static const struct {
    const char *track;
    enum trace_order order;
} tracks[] = {
    [NOTE_CONSOLE] = {"console", TRACE_ORDER_CONSOLE},
    [NOTE_MARKER] = {"markers", TRACE_ORDER_MARKERS},
    [NOTE_BOOKMARK] = {"bookmarks", TRACE_ORDER_BOOKMARKS},
    [NOTE_KEYFRAME] = {"keyframes", TRACE_ORDER_KEYFRAMES},
};

static int write_note(void *opaque, const struct note *note, struct ebb_error *error)
{
    struct trace_file *trace = opaque;
    int status;

    if (note->kind == NOTE_TIME) {
        status = trace_file_counter(trace, "guest time", note->position, "ms",
                                    (double)note->nanoseconds / 1e6, error);
    } else {
        status = trace_file_instant(trace, tracks[note->kind].order, tracks[note->kind].track,
                                    note->name, note->position, json_incref(note->details), error);
    }
    return status ? -1 : ferror(trace->list.out) != 0;
}

int trace_notes_write(struct trace_file *trace, struct question *question,
                      struct clock_follower *clock, uint64_t from, uint64_t last,
                      struct ebb_error *error)
{
    return notes_visit(question, clock, from, last, write_note, trace, error);
}
