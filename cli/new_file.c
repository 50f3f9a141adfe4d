/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The permissions that a file gets which open() makes; mkstemp() leaves those of others out. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static int fail_to_write(const char *path, const char *why, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", path, why);
}

int new_file_open(struct new_file *new, const char *path, struct ebb_error *error)
{
    int descriptor;

    *new = (struct new_file){.path = path};
    if (asprintf(&new->temporary, "%s.XXXXXX", path) < 0) {
        new->temporary = NULL;
        return ebb_fail_memory(error);
    }
    descriptor = mkostemp(new->temporary, O_CLOEXEC);
    if (descriptor < 0) {
        fail_to_write(path, strerror(errno), error);
        free(new->temporary);
        new->temporary = NULL;
        return -1;
    }
    new->file = fchmod(descriptor, usual_mode()) < 0 ? NULL : fdopen(descriptor, "w");
    if (!new->file) {
        fail_to_write(path, strerror(errno), error);
        close(descriptor);
        new_file_drop(new);
        return -1;
    }
    return 0;
}

/* Closes it as well. Returns NULL, or what went wrong. */
static const char *put_on_disk(struct new_file *new)
{
    const char *problem = ferror(new->file) ? "an earlier write failed" : NULL;

    if (fflush(new->file) == EOF || fsync(fileno(new->file)) < 0) {
        problem = strerror(errno);
    }
    if (fclose(new->file) == EOF && !problem) {
        problem = strerror(errno);
    }
    new->file = NULL;
    return problem;
}

int new_file_finish(struct new_file *new, struct ebb_error *error)
{
    const char *problem = put_on_disk(new);

    if (!problem && rename(new->temporary, new->path) < 0) {
        problem = strerror(errno);
    }
    if (problem) {
        fail_to_write(new->path, problem, error);
        unlink(new->temporary);
    }
    free(new->temporary);
    new->temporary = NULL;
    return problem ? -1 : 0;
}

void new_file_drop(struct new_file *new)
{
    if (new->file) {
        fclose(new->file);
        new->file = NULL;
    }
    if (new->temporary) {
        unlink(new->temporary);
        free(new->temporary);
        new->temporary = NULL;
    }
}

int new_file_write(const char *path, const void *bytes, size_t size, struct ebb_error *error)
{
    struct new_file new;

    if (new_file_open(&new, path, error) < 0) {
        return -1;
    }
    fwrite(bytes, 1, size, new.file);
    return new_file_finish(&new, error);
}

int new_file_write_private(const char *path, const void *bytes, size_t size,
                           struct ebb_error *error)
{
    struct new_file new;

    if (new_file_open(&new, path, error) < 0) {
        return -1;
    }
    if (fchmod(fileno(new.file), 0600) < 0) {
        fail_to_write(path, strerror(errno), error);
        new_file_drop(&new);
        return -1;
    }
    fwrite(bytes, 1, size, new.file);
    return new_file_finish(&new, error);
}

int new_file_check(const char *path, struct ebb_error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    struct stat status;
    int result = 0;

    if (!folder) {
        return ebb_fail_memory(error);
    }
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0) {
        result = fail_to_write(path, strerror(errno), error);
    } else if (!path[0] || (slash && !slash[1]) ||
               (stat(path, &status) == 0 && !S_ISREG(status.st_mode))) {
        result = fail_to_write(path, "that is no name of a file", error);
    }
    free(folder);
    return result;
}
