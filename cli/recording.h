/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings as the commands see them: a directory that was named or found, its manifest, its log.
 */
#ifndef EBB_CLI_RECORDING_H
#define EBB_CLI_RECORDING_H

#include "log/reader.h"
#include "manifest.h"
#include "options.h"

#include <stdbool.h>
#include <sys/types.h>

#define RECORDING_PREFIX "ebb-recording-"

struct recording {
    char *directory;
    struct manifest *manifest;
    struct ebb_log *log;
    bool counts; /* the log has counts, not positions */
};

/*
 * Opens the recording that is the command's operand, or the newest ebb-recording-N of the current
 * directory if there is none. recording_close() also after an error.
 */
int recording_open(struct recording *recording, const struct arguments *arguments,
                   struct ebb_error *error);
void recording_close(struct recording *recording);

/* Opens the log again: ebb_log_open() sees an index written meanwhile, _unresolved() none. */
int recording_open_log(struct recording *recording,
                       struct ebb_log *(*open_log)(const char *directory, struct ebb_error *error),
                       struct ebb_error *error);

/* The newest (by time of change) ebb-recording-N in a directory; caller frees; NULL: *error. */
char *recording_newest(const char *parent, struct ebb_error *error);

/* The directory of a recording that was made here, so that no other is taken for it. */
struct recording_directory {
    dev_t device;
    ino_t inode;
    bool was_there; /* empty, before the recording */
};

/* Creates a directory for a new recording: path, or if that is NULL the next free ebb-recording-N
 * of the current directory. An existing one must be empty. The caller frees the result. */
char *recording_create(const char *path, struct recording_directory *made, struct ebb_error *error);

/* True if nothing was recorded into the directory; it is removed then, if it was made for that. */
bool recording_remove_empty(const char *directory, const struct recording_directory *made);

/* Removes the files of the recording that was made in the directory, and the directory if that was
 * made for it. */
int recording_delete(const char *directory, const struct recording_directory *made,
                     struct ebb_error *error);

/* Reads a position: a number, "begin" or "end" (of the log), or "until": where what has ended it
 * was met (until.h). */
int recording_position(const struct recording *recording, const char *text, const char *what,
                       uint64_t *position, struct ebb_error *error);

/*
 * The log of a recording made under KVM has counts of the host in the place of positions until it
 * is resolved (log/event.h). Nobody should take one for the other: in text a count is written with
 * a tilde before it, "~1234", in JSON it is a member of another name. place fills buffer
 * (RECORDING_PLACE_SIZE bytes) and returns it.
 */
#define RECORDING_PLACE_SIZE 24
const char *recording_place(const struct recording *recording, uint64_t position, char *buffer);
const char *recording_place_name(const struct recording *recording); /* "position" or "count" */

#endif
