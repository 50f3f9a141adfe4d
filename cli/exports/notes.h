/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recording tells without a replay: lines of the console, markers, bookmarks, keyframes, and
 * the guest's time. */
#ifndef EBB_CLI_EXPORTS_NOTES_H
#define EBB_CLI_EXPORTS_NOTES_H

#include "clock_follower.h"

#include <jansson.h>

enum note_kind {
    NOTE_CONSOLE,
    NOTE_MARKER,
    NOTE_BOOKMARK,
    NOTE_KEYFRAME,
    NOTE_TIME, /* what the guest's clock said where the guest has read it */
};

struct note {
    enum note_kind kind;
    uint64_t position;
    const char *name;     /* printable: what a line says, what others are called; NULL: a time */
    uint64_t nanoseconds; /* of a time */
    json_t *details;      /* an object with what else there is; the caller's; NULL: a time */
};

/* Returns 0 to go on, 1 to end, or -1 after filling *error. */
typedef int (*notes_visitor)(void *opaque, const struct note *note, struct ebb_error *error);

/* Calls visit for all from a position to another, with that: by their kinds, and those of a kind in
 * the order of positions, but for bookmarks; lines in that of their ends. Of times there are some,
 * a thousand at most. Returns 0, or -1. */
int notes_visit(struct question *question, struct clock_follower *clock, uint64_t from,
                uint64_t last, notes_visitor visit, void *opaque, struct ebb_error *error);

#endif
