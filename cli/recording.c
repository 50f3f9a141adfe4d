/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording.h"

#include "until.h"

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

static int check_empty(const char *path, struct ebb_error *error)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int status = 0;

    if (!directory) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot record into %s: %s", path,
                        strerror(errno));
    }
    while (status == 0 && (entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = ebb_fail(error, EBB_ERROR_USAGE,
                              "%s is not empty; recordings are never overwritten, so name another "
                              "directory or remove it first",
                              path);
        }
    }
    closedir(directory);
    return status;
}

char *recording_create(const char *path, struct ebb_error *error)
{
    char *copy;

    if (!path) {
        return create_numbered(error);
    }
    if (mkdir(path, 0777) < 0) {
        if (errno != EEXIST) {
            ebb_fail(error, EBB_ERROR_FAILED, "cannot create directory %s: %s", path,
                     strerror(errno));
            return NULL;
        }
        if (check_empty(path, error) < 0) {
            return NULL;
        }
    }
    copy = strdup(path);
    if (!copy) {
        ebb_fail_memory(error);
    }
    return copy;
}

int recording_delete(const char *directory, struct ebb_error *error)
{
    static const char *const names[] = {MANIFEST_NAME, "log", "keyframes", "start", "index"};
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        unlinkat(fd, names[i], 0); /* if there is one; what is left makes rmdir() fail */
    }
    if (fd >= 0) {
        close(fd);
    }
    if (fd < 0 || rmdir(directory) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot delete the recording %s: %s", directory,
                        strerror(errno));
    }
    return 0;
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
    if (options_number(text, what, UINT64_MAX, &number, error) < 0) {
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
