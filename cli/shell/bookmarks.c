/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bookmarks.h"

#include "place.h"
#include "words.h"

#include "cli/bookmark_file.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last part of a path. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "square at steps.c:37", as gdb's commands have it; the caller frees it. What a file names need
 * not be UTF-8, or is cut. */
static char *describe_here(struct shell *shell, struct ebb_error *error)
{
    struct symbols_location location = {0};
    char buffer[1024], *text;
    uint64_t pc;
    int used;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0) {
        return NULL;
    }
    if (shell->symbols) {
        symbols_find(shell->symbols, pc, &location);
    }
    used = location.function ? snprintf(buffer, sizeof(buffer), "%s", location.function)
                             : snprintf(buffer, sizeof(buffer), "0x%" PRIx64, pc);
    if (location.file && location.line && used > 0 && (size_t)used < sizeof(buffer)) {
        snprintf(buffer + used, sizeof(buffer) - (size_t)used, " at %s:%u",
                 base_name(location.file), location.line);
    }
    text = text_printable(buffer, strlen(buffer));
    if (!text) {
        ebb_fail_memory(error);
    }
    return text;
}

static uint64_t position_of(const json_t *mark)
{
    return (uint64_t)json_integer_value(json_object_get(mark, "position"));
}

static json_t *find_mark(json_t *marks, const char *name)
{
    json_t *mark;
    size_t i;

    json_array_foreach(marks, i, mark)
    {
        if (strcmp(json_string_value(json_object_get(mark, "name")), name) == 0) {
            return mark;
        }
    }
    return NULL;
}

/* The first number that is no name yet. */
static void choose_name(json_t *marks, char name[24])
{
    unsigned number = 0;

    do {
        snprintf(name, 24, "%u", ++number);
    } while (find_mark(marks, name));
}

static int add_mark(struct shell *shell, json_t *marks, const char *name, const char *note,
                    struct ebb_error *error)
{
    char chosen[24], *place;
    json_t *mark;

    if (!name) {
        choose_name(marks, chosen);
        name = chosen;
    }
    if (find_mark(marks, name)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is a bookmark %s already; delete it, or choose another name", name);
    }
    place = describe_here(shell, error);
    if (!place) {
        return -1;
    }
    mark = json_pack("{s:s, s:I, s:s, s:s}", "name", name, "position",
                     (json_int_t)timeline_position(shell->timeline), "note", note, "place", place);
    free(place);
    if (!mark || json_array_append_new(marks, mark) < 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "the name or the note is no UTF-8 text");
    }
    return 0;
}

static void tell_last(const json_t *marks)
{
    const json_t *mark = json_array_get(marks, json_array_size(marks) - 1);
    char position[TEXT_NUMBER_SIZE];

    printf("bookmark %s at position %s\n", json_string_value(json_object_get(mark, "name")),
           text_count(position, position_of(mark)));
}

/* Changes the file, while no other session does. Without name: the first number. */
static int change(struct shell *shell, const char *name, const char *note, bool remove,
                  struct ebb_error *error)
{
    struct bookmark_file *file = bookmark_file_open(&shell->recording, error);
    json_t *marks = file ? bookmark_file_lock(file, error) : NULL;
    int status = marks ? 0 : -1;

    if (status == 0 && remove) {
        json_t *mark = find_mark(marks, name);
        size_t i = 0;

        while (mark && json_array_get(marks, i) != mark) {
            i++;
        }
        status = mark ? json_array_remove(marks, i)
                      : ebb_fail(error, EBB_ERROR_USAGE,
                                 "there is no bookmark \"%.60s\"; bookmark list prints them", name);
    } else if (status == 0) {
        status = add_mark(shell, marks, name, note, error);
    }
    if (status == 0) {
        status = bookmark_file_save(file, marks, error);
    }
    if (status == 0 && !remove) {
        tell_last(marks);
    }
    json_decref(marks);
    bookmark_file_close(file);
    return status;
}

static json_t *load(const struct shell *shell, struct ebb_error *error)
{
    struct bookmark_file *file = bookmark_file_open(&shell->recording, error);
    json_t *marks = file ? bookmark_file_load(file, error) : NULL;

    bookmark_file_close(file);
    return marks;
}

static void print_mark(const struct shell *shell, const json_t *mark)
{
    static const char *const names[] = {"name", "place", "note"};
    char position[TEXT_NUMBER_SIZE];

    printf("%c%18s", position_of(mark) == timeline_position(shell->timeline) ? '>' : ' ',
           text_count(position, position_of(mark)));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = json_string_value(json_object_get(mark, names[i]));
        char *text = text_printable(value, strlen(value));

        if (text && *text) {
            printf("  %s", text);
        }
        free(text);
    }
    printf("\n");
}

/* By position; those of one position in the order in which they were made. */
static int list(struct shell *shell, struct ebb_error *error)
{
    json_t *marks = load(shell, error), *mark;
    size_t i, left;

    if (!marks) {
        return -1;
    }
    if (!json_array_size(marks)) {
        printf("There are no bookmarks; bookmark add makes one.\n");
    }
    for (left = json_array_size(marks); left > 0; left--) {
        size_t lowest = 0;

        json_array_foreach(marks, i, mark)
        {
            if (position_of(mark) < position_of(json_array_get(marks, lowest))) {
                lowest = i;
            }
        }
        print_mark(shell, json_array_get(marks, lowest));
        json_array_remove(marks, lowest);
    }
    json_decref(marks);
    return 0;
}

int bookmarks_find(struct shell *shell, const char *name, uint64_t *position,
                   struct ebb_error *error)
{
    json_t *marks = load(shell, error), *mark;
    int status = 0;

    if (!marks) {
        return -1;
    }
    mark = find_mark(marks, name);
    if (mark) {
        *position = position_of(mark);
    } else {
        status = ebb_fail(error, EBB_ERROR_USAGE,
                          "there is no bookmark \"%.60s\"; bookmark list prints them", name);
    }
    json_decref(marks);
    return status;
}

char *bookmarks_complete(const struct shell *shell, const char *begin, unsigned i)
{
    struct ebb_error error;
    json_t *marks = load(shell, &error), *mark;
    char *found = NULL;
    size_t number;

    json_array_foreach(marks, number, mark)
    {
        const char *name = json_string_value(json_object_get(mark, "name"));

        if (!found && strncmp(name, begin, strlen(begin)) == 0 && i-- == 0) {
            found = strdup(name);
        }
    }
    json_decref(marks);
    return found;
}

static int go(struct shell *shell, const char *name, struct ebb_error *error)
{
    uint64_t position;

    if (bookmarks_find(shell, name, &position, error) < 0) {
        return -1;
    }
    if (position < timeline_begin(shell->timeline) || position > timeline_end(shell->timeline)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "bookmark %s is at %" PRIu64 ", where the recording has nothing", name,
                        position);
    }
    return place_jump(shell, position, error);
}

static int add(struct shell *shell, char *argument, struct ebb_error *error)
{
    const char *name = words_next(&argument);

    if (name && !bookmark_file_is_name(name)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "a bookmark's name has up to 60 letters, digits and . : + - _");
    }
    return change(shell, name, argument, false, error);
}

int bookmarks_run(struct shell *shell, char *argument, struct ebb_error *error)
{
    bool go_there;

    if (!*argument) {
        return list(shell, error);
    }
    if (words_take(&argument, "list")) {
        return *argument ? ebb_fail(error, EBB_ERROR_USAGE, "bookmark list is followed by nothing")
                         : list(shell, error);
    }
    if (words_take(&argument, "add")) {
        return add(shell, argument, error);
    }
    go_there = words_take(&argument, "go");
    if (!go_there && !words_take(&argument, "delete")) {
        return ebb_fail(error, EBB_ERROR_USAGE, "bookmark is followed by add, list, go or delete");
    }
    if (!*argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "which one? write: bookmark %s NAME",
                        go_there ? "go" : "delete");
    }
    return go_there ? go(shell, argument, error) : change(shell, argument, NULL, true, error);
}
