/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user's bookmarks of a recording: the file that the commands in gdb have as well
 * (gdb-scripts/ebb_commands/bookmarks.py). It lies in the recording, or, if nothing can be written
 * there, in the user's data folder; where both are, the one written last counts. It may have been
 * put there by a stranger.
 */
#ifndef EBB_CLI_BOOKMARK_FILE_H
#define EBB_CLI_BOOKMARK_FILE_H

#include "recording.h"

#include <jansson.h>

struct bookmark_file;

/* NULL: *error. */
struct bookmark_file *bookmark_file_open(const struct recording *recording,
                                         struct ebb_error *error);
void bookmark_file_close(struct bookmark_file *file); /* NULL is allowed */

/* An array of objects, each with a name, position, note and place, to be freed by the caller. NULL:
 * *error; a file that is damaged is left as it is. */
json_t *bookmark_file_load(struct bookmark_file *file, struct ebb_error *error);

/* The same, to be changed and saved: other sessions of this user wait until the file is closed. */
json_t *bookmark_file_lock(struct bookmark_file *file, struct ebb_error *error);
int bookmark_file_save(struct bookmark_file *file, const json_t *marks, struct ebb_error *error);

/* Up to 60 characters: ASCII letters, digits and . : + - _, and any above ASCII that is no control
 * character; gdb's commands have the same rule. The text is UTF-8, or is refused when saved. */
bool bookmark_file_is_name(const char *text);

#endif
