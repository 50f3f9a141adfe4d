/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "positions.h"

#include "bookmarks.h"
#include "console.h"
#include "guest_markers.h"
#include "guest_time.h"
#include "words.h"

#include "log/cursor.h"
#include "rsp/position.h"
#include "rsp/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char positions_help[] =
    "POSITION is a number of instructions since the recording began, or one of\n"
    "    +N, -N            a number of instructions from here\n"
    "    begin, end        where history begins and ends\n"
    "    until             where what has ended the recording was met\n"
    "    N%                a share of the recording\n"
    "    event N           where event number N of the log is\n"
    "    console /REGEX/   where the guest wrote the next such line to its console\n"
    "    marker NAME       where the guest stores the next marker of that name\n"
    "    Ns, Nms, Nus      when the guest read its clock first at this time or later\n"
    "    bookmark NAME     a place that was marked";

static int within(const struct shell *shell, uint64_t position, struct ebb_error *error)
{
    uint64_t begin = timeline_begin(shell->timeline), end = timeline_end(shell->timeline);

    return position >= begin && position <= end
               ? 0
               : ebb_fail(error, EBB_ERROR_USAGE,
                          "position %" PRIu64
                          " is outside of the recording, which goes from %" PRIu64 " to %" PRIu64,
                          position, begin, end);
}

static int of_event(struct shell *shell, char *text, uint64_t *position, struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    uint64_t number;
    int status;

    if (rsp_parse_number(text, &number, error) < 0) {
        return -1;
    }
    cursor = ebb_cursor_new(timeline_log(shell->timeline), error);
    if (!cursor) {
        return -1;
    }
    status = ebb_cursor_seek_event(cursor, number, error);
    if (status == 0) {
        status = ebb_cursor_next(cursor, &event, error);
    }
    ebb_cursor_free(cursor);
    if (status < 0) {
        return -1;
    }
    if (status == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no event %" PRIu64 " in the log", number);
    }
    *position = event.position;
    return 0;
}

static int of_bookmark(struct shell *shell, char *text, uint64_t *position, struct ebb_error *error)
{
    return bookmarks_find(shell, text, position, error);
}

/* What is followed by something that says which. */
static const struct {
    const char *name;
    const char *begun; /* as it is completed; NULL: as the name */
    int (*read)(struct shell *shell, char *text, uint64_t *position, struct ebb_error *error);
} words[] = {
    {"event", NULL, of_event},
    {"console", "console /", console_find},
    {"marker", NULL, guest_markers_find},
    {"bookmark", NULL, of_bookmark},
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

const char *positions_word(unsigned number)
{
    static const char *const ends[] = {"begin", "end"};

    if (number < 2) {
        return ends[number];
    }
    return number - 2 < WORDS
               ? words[number - 2].begun ? words[number - 2].begun : words[number - 2].name
               : NULL;
}

/* 12.5 %: false if it is none. */
static bool read_share(const struct shell *shell, const char *text, uint64_t *position)
{
    uint64_t begin = timeline_begin(shell->timeline), end = timeline_end(shell->timeline);
    size_t length = strspn(text, "0123456789."), blanks = strspn(text + length, " ");
    char *rest;
    double share = length ? strtod(text, &rest) : -1;

    if (share < 0 || share > 100 || rest != text + length ||
        strcmp(text + length + blanks, "%") != 0) {
        return false;
    }
    *position = begin + (uint64_t)((double)(end - begin) * share / 100);
    return true;
}

static int refuse(const char *text, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "\"%.60s\" is no position; write a number, +N, -N, begin, end, or see: help "
                    "goto",
                    text);
}

static int read_number(const struct shell *shell, const char *text, uint64_t *position,
                       struct ebb_error *error)
{
    const char *digits = rsp_position_digits(text);
    unsigned long long number = 0;

    if (digits && options_position(digits + strspn(digits, " "), "position", &number, error) < 0) {
        return refuse(text, error);
    }
    return rsp_position_resolve(shell->timeline, text, number, position, error);
}

int positions_read(struct shell *shell, char *text, uint64_t *position, struct ebb_error *error)
{
    double nanoseconds;

    text = words_trim(text);
    for (unsigned i = 0; i < WORDS; i++) {
        if (words_take(&text, words[i].name)) {
            return !*text ? ebb_fail(error, EBB_ERROR_USAGE, "which one? see: help goto")
                   : words[i].read(shell, text, position, error) < 0
                       ? -1
                       : within(shell, *position, error);
        }
    }
    if (strcmp(text, "until") == 0) {
        return guest_markers_until(shell, position, error) < 0 ? -1
                                                               : within(shell, *position, error);
    }
    if (guest_time_read(text, &nanoseconds)) {
        return guest_time_find(shell, nanoseconds, position, error) < 0
                   ? -1
                   : within(shell, *position, error);
    }
    return read_share(shell, text, position) ? 0 : read_number(shell, text, position, error);
}
