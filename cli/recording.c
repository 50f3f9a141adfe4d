/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording.h"

#include "until.h"

#include "log/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The N of "ebb-recording-N", or -1. */
static long recording_number(const char *name)
{
    size_t prefix = strlen(RECORDING_PREFIX);
    const char *digits = name + prefix;
    char *end;
    long number;

    if (strncmp(name, RECORDING_PREFIX, prefix) != 0 || *digits < '0' || *digits > '9' ||
        strlen(digits) > 9) {
        return -1;
    }
    number = strtol(digits, &end, 10);
    return *end == '\0' ? number : -1;
}

/* Calls visit for every ebb-recording-N in the directory. */
static int visit_recordings(const char *parent,
                            void (*visit)(void *opaque, int parent_fd, const char *name,
                                          long number),
                            void *opaque, struct ebb_error *error)
{
    DIR *directory = opendir(parent);
    struct dirent *entry;

    if (!directory) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read directory %s: %s", parent,
                        strerror(errno));
    }
    while ((entry = readdir(directory))) {
        long number = recording_number(entry->d_name);

        if (number >= 0) {
            visit(opaque, dirfd(directory), entry->d_name, number);
        }
    }
    closedir(directory);
    return 0;
}

struct newest {
    char name[NAME_MAX + 1];
    struct timespec time;
    long number;
};

static void consider_newest(void *opaque, int parent_fd, const char *name, long number)
{
    struct newest *newest = opaque;
    struct stat status;
    char manifest[NAME_MAX + sizeof("/" MANIFEST_NAME)];

    snprintf(manifest, sizeof(manifest), "%s/%s", name, MANIFEST_NAME);
    if (fstatat(parent_fd, manifest, &status, 0) < 0) {
        return; /* left behind by a start that failed */
    }
    if (newest->name[0] &&
        (status.st_mtim.tv_sec < newest->time.tv_sec ||
         (status.st_mtim.tv_sec == newest->time.tv_sec &&
          (status.st_mtim.tv_nsec < newest->time.tv_nsec ||
           (status.st_mtim.tv_nsec == newest->time.tv_nsec && number < newest->number))))) {
        return;
    }
    snprintf(newest->name, sizeof(newest->name), "%s", name);
    newest->time = status.st_mtim;
    newest->number = number;
}

char *recording_newest(const char *parent, struct ebb_error *error)
{
    struct newest newest = {0};
    char *path = NULL;

    if (visit_recordings(parent, consider_newest, &newest, error) < 0) {
        return NULL;
    }
    if (!newest.name[0]) {
        ebb_fail(error, EBB_ERROR_USAGE,
                 "there is no %sN here; name the directory of a recording, or make one with "
                 "ebb record",
                 RECORDING_PREFIX);
        return NULL;
    }
    if (strcmp(parent, ".") == 0) {
        path = strdup(newest.name);
    } else if (asprintf(&path, "%s/%s", parent, newest.name) < 0) {
        path = NULL;
    }
    if (!path) {
        ebb_fail_memory(error);
    }
    return path;
}

static void consider_highest(void *opaque, int parent_fd, const char *name, long number)
{
    long *highest = opaque;

    (void)parent_fd;
    (void)name;
    if (number > *highest) {
        *highest = number;
    }
}

/* Creates the next ebb-recording-N; another ebb may take the number at the same moment. */
static char *create_numbered(struct ebb_error *error)
{
    long number = 0;

    if (visit_recordings(".", consider_highest, &number, error) < 0) {
        return NULL;
    }
    for (;;) {
        char *path;

        if (asprintf(&path, "%s%ld", RECORDING_PREFIX, ++number) < 0) {
            ebb_fail_memory(error);
            return NULL;
        }
        if (mkdir(path, 0777) == 0) {
            return path;
        }
        if (errno != EEXIST) {
            ebb_fail(error, EBB_ERROR_FAILED, "cannot create directory %s: %s", path,
                     strerror(errno));
            free(path);
            return NULL;
        }
        free(path);
    }
}

/* True if there is something in the directory. */
static bool has_entries(DIR *directory)
{
    struct dirent *entry;

    do {
        entry = readdir(directory);
    } while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry != NULL;
}

static int check_empty(const char *path, struct ebb_error *error)
{
    DIR *directory = opendir(path);
    bool empty;

    if (!directory) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot record into %s: %s", path,
                        strerror(errno));
    }
    empty = !has_entries(directory);
    closedir(directory);
    return empty ? 0
                 : ebb_fail(error, EBB_ERROR_USAGE,
                            "%s is not empty; recordings are never overwritten, so name another "
                            "directory or remove it first",
                            path);
}

/* Creates the directory, if it is not there already, and empty. */
static char *create_named(const char *path, bool *was_there, struct ebb_error *error)
{
    char *copy;

    *was_there = mkdir(path, 0777) < 0;
    if (*was_there && errno != EEXIST) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot create directory %s: %s", path, strerror(errno));
        return NULL;
    }
    if (*was_there && check_empty(path, error) < 0) {
        return NULL;
    }
    copy = strdup(path);
    if (!copy) {
        ebb_fail_memory(error);
    }
    return copy;
}

char *recording_create(const char *path, struct recording_directory *made, struct ebb_error *error)
{
    struct stat status;
    char *created;

    *made = (struct recording_directory){0};
    created = path ? create_named(path, &made->was_there, error) : create_numbered(error);
    if (created && stat(created, &status) < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot record into %s: %s", created, strerror(errno));
        free(created);
        return NULL;
    }
    if (created) {
        made->device = status.st_dev;
        made->inode = status.st_ino;
    }
    return created;
}

bool recording_remove_empty(const char *directory, const struct recording_directory *made)
{
    DIR *opened;
    bool empty;

    if (!made->was_there) {
        return rmdir(directory) == 0;
    }
    opened = opendir(directory);
    empty = opened && !has_entries(opened);
    if (opened) {
        closedir(opened);
    }
    return empty;
}

/* Empties the directory, of which directory is the name, and removes it. */
static int delete_opened(DIR *opened, const char *directory, const struct recording_directory *made,
                         struct ebb_error *error)
{
    static const char *const names[] = {MANIFEST_NAME,  EBB_LOG_FILE,   EBB_KEYFRAMES_FILE,
                                        EBB_START_FILE, EBB_INDEX_FILE, EBB_PAGES_FILE};
    struct stat status;

    if (fstat(dirfd(opened), &status) < 0 || status.st_dev != made->device ||
        status.st_ino != made->inode) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "%s is not the directory any more that ebb has recorded into, so that "
                        "nothing in it is deleted; let nobody else use it while ebb runs",
                        directory);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlinkat(dirfd(opened), names[i], 0); /* if there is one; what is left is looked at below */
    }
    if (has_entries(opened)) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot delete the recording %s: there are files of others in it",
                        directory);
    }
    return made->was_there || rmdir(directory) == 0
               ? 0
               : ebb_fail(error, EBB_ERROR_FAILED, "cannot delete the recording %s: %s", directory,
                          strerror(errno));
}

int recording_delete(const char *directory, const struct recording_directory *made,
                     struct ebb_error *error)
{
    DIR *opened = opendir(directory);
    int status;

    if (!opened) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot delete the recording %s: %s", directory,
                        strerror(errno));
    }
    status = delete_opened(opened, directory, made, error);
    closedir(opened);
    return status;
}

int recording_open_log(struct recording *recording,
                       struct ebb_log *(*open_log)(const char *directory, struct ebb_error *error),
                       struct ebb_error *error)
{
    struct ebb_log *log = open_log(recording->directory, error);
    struct ebb_log_summary summary;

    if (!log) {
        return -1;
    }
    ebb_log_close(recording->log);
    recording->log = log;
    ebb_log_summary(log, &summary);
    recording->counts = summary.counts && !summary.resolved;
    return 0;
}

int recording_open(struct recording *recording, const struct arguments *arguments,
                   struct ebb_error *error)
{
    struct stat status;

    *recording = (struct recording){0};
    if (arguments->operand_count > 0) {
        recording->directory = strdup(arguments->operands[0]);
    } else {
        recording->directory = recording_newest(".", error);
        if (!recording->directory) {
            return -1;
        }
    }
    if (!recording->directory) {
        return ebb_fail_memory(error);
    }
    if (stat(recording->directory, &status) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot open recording %s: %s",
                        recording->directory, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s is not a directory; a recording is the directory that ebb record made",
                        recording->directory);
    }
    recording->manifest = manifest_load(recording->directory, error);
    if (!recording->manifest) {
        return -1;
    }
    return recording_open_log(recording, ebb_log_open, error);
}

void recording_close(struct recording *recording)
{
    ebb_log_close(recording->log);
    manifest_free(recording->manifest);
    free(recording->directory);
    *recording = (struct recording){0};
}

static int position_of_until(const struct recording *recording, const char *what,
                             uint64_t *position, struct ebb_error *error)
{
    int found = until_place(recording->manifest, recording->log, position, error);

    if (found == 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s: no condition of ebb record --until has ended this recording", what);
    }
    return found < 0 ? -1 : 0;
}

int recording_position(const struct recording *recording, const char *text, const char *what,
                       uint64_t *position, struct ebb_error *error)
{
    struct ebb_log_summary summary;
    unsigned long long number;

    ebb_log_summary(recording->log, &summary);
    if (strcmp(text, "begin") == 0) {
        *position = summary.begin_position;
        return 0;
    }
    if (strcmp(text, "end") == 0) {
        *position = summary.end_position;
        return 0;
    }
    if (strcmp(text, "until") == 0) {
        return position_of_until(recording, what, position, error);
    }
    if (options_position(text, what, &number, error) < 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s: \"%s\" is not a position; write a number of instructions, begin, end "
                        "or until",
                        what, text);
    }
    *position = number;
    return 0;
}

const char *recording_place(const struct recording *recording, uint64_t position, char *buffer)
{
    snprintf(buffer, RECORDING_PLACE_SIZE, "%s%" PRIu64, recording->counts ? "~" : "", position);
    return buffer;
}

const char *recording_place_name(const struct recording *recording)
{
    return recording->counts ? "count" : "position";
}
