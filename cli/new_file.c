/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int descriptor, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(descriptor, bytes, size);

        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return fsync(descriptor);
}

/* The permissions that a file gets which open() makes; mkstemp() leaves those of others out. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

/* Fills the file made under another name, and gives it its own. */
static int fill(int descriptor, const char *temporary, const char *path, const void *bytes,
                size_t size)
{
    int status = fchmod(descriptor, usual_mode()) < 0 ? -1 : write_all(descriptor, bytes, size);
    int problem = errno;

    if (close(descriptor) < 0 && status == 0) {
        status = -1;
        problem = errno;
    }
    if (status == 0 && rename(temporary, path) < 0) {
        status = -1;
        problem = errno;
    }
    if (status < 0) {
        unlink(temporary);
    }
    errno = problem;
    return status;
}

int new_file_write(const char *path, const void *bytes, size_t size, struct ebb_error *error)
{
    char *temporary = NULL;
    int descriptor, status;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        return ebb_fail_memory(error);
    }
    descriptor = mkstemp(temporary);
    status = descriptor < 0 ? -1 : fill(descriptor, temporary, path, bytes, size);
    if (status < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", path, strerror(errno));
    }
    free(temporary);
    return status;
}

static int fail_to_write(const char *path, const char *why, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", path, why);
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
