/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a recorder: counts what it does to the files of one folder (creating, writing,
 * renaming, punching, syncing), and at one of these ends the process or lets the disk be full.
 *
 * EBB_FAULT_FOLDER  the folder
 * EBB_FAULT_AT      the number of the operation, from 1
 * EBB_FAULT_KIND    kill: SIGKILL instead of the operation; half: after half of a write, or after
 *                   the operation; full: this write and all later ones find the disk full
 * EBB_FAULT_LOG     a file that gets a line for each operation
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned operations;

enum fault { NONE, KILL, HALF, FULL };

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool in_folder(const char *path)
{
    const char *folder = getenv("EBB_FAULT_FOLDER");
    size_t length = folder ? strlen(folder) : 0;

    return length && !strncmp(path, folder, length) && path[length] == '/';
}

static bool is_file_there(int fd)
{
    char link[32], path[PATH_MAX];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    if (length < 0) {
        return false;
    }
    path[length] = '\0';
    return in_folder(path);
}

static void note(unsigned number, const char *name)
{
    const char *log = getenv("EBB_FAULT_LOG");
    ssize_t (*write_)(int, const void *, size_t) = real("write");
    int (*open_)(const char *, int, ...) = real("open");
    int fd = log ? open_(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    char line[64];

    if (fd >= 0) {
        snprintf(line, sizeof(line), "%u %s\n", number, name);
        if (write_(fd, line, strlen(line)) < 0) {
            abort();
        }
        close(fd);
    }
}

/* What is to go wrong with the next operation; grows: on a full disk it is what fails. */
static enum fault next_fault(const char *name, bool grows)
{
    const char *at = getenv("EBB_FAULT_AT"), *kind = getenv("EBB_FAULT_KIND");
    unsigned wanted = at ? (unsigned)strtoul(at, NULL, 10) : 0, number;

    pthread_mutex_lock(&mutex);
    number = ++operations;
    note(number, name);
    pthread_mutex_unlock(&mutex);
    if (!wanted || !kind) {
        return NONE;
    }
    if (!strcmp(kind, "full")) {
        return grows && number >= wanted ? FULL : NONE;
    }
    if (number != wanted) {
        return NONE;
    }
    return !strcmp(kind, "half") ? HALF : KILL;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* Makes of a fault what it is to the caller: returns true if the operation fails. */
static bool fails(enum fault fault)
{
    if (fault == KILL) {
        die();
    }
    if (fault == FULL) {
        errno = ENOSPC;
    }
    return fault == FULL;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*writev_)(int, const struct iovec *, int) = real("writev");
    ssize_t (*write_)(int, const void *, size_t) = real("write");
    enum fault fault = is_file_there(fd) ? next_fault("writev", true) : NONE;

    if (fault == HALF && count) {
        const struct iovec *last = &parts[count - 1];

        if (count > 1) {
            writev_(fd, parts, count - 1);
        }
        if (write_(fd, last->iov_base, last->iov_len / 2) < 0) {
            abort();
        }
        die();
    }
    return fails(fault) ? -1 : writev_(fd, parts, count);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t (*write_)(int, const void *, size_t) = real("write");
    enum fault fault = is_file_there(fd) ? next_fault("write", true) : NONE;

    if (fault == HALF) {
        if (write_(fd, bytes, size / 2) < 0) {
            abort();
        }
        die();
    }
    return fails(fault) ? -1 : write_(fd, bytes, size);
}

static int open_file(const char *name, const char *path, int flags, mode_t mode)
{
    int (*open_)(const char *, int, ...) = real(name);
    enum fault fault = flags & O_CREAT && in_folder(path) ? next_fault("create", true) : NONE;
    int fd;

    if (fails(fault)) {
        return -1;
    }
    fd = open_(path, flags, mode);
    if (fault == HALF) {
        die();
    }
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        mode_t mode;                                                                               \
                                                                                                   \
        va_start(arguments, flags);                                                                \
        mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                                    \
        va_end(arguments);                                                                         \
        return open_file(#name, path, flags, mode);                                                \
    }

OPEN(open)
OPEN(open64)

int rename(const char *from, const char *to)
{
    int (*rename_)(const char *, const char *) = real("rename");
    enum fault fault = in_folder(to) ? next_fault("rename", false) : NONE;
    int status;

    fails(fault);
    status = rename_(from, to);
    if (fault == HALF) {
        die();
    }
    return status;
}

static int sync_file(const char *name, int fd)
{
    int (*sync_)(int) = real(name);
    enum fault fault = is_file_there(fd) ? next_fault(name, false) : NONE;
    int status;

    fails(fault);
    status = sync_(fd);
    if (fault == HALF) {
        die();
    }
    return status;
}

int fdatasync(int fd)
{
    return sync_file("fdatasync", fd);
}

int fsync(int fd)
{
    return sync_file("fsync", fd);
}

static int punch_file(const char *name, int fd, int mode, off64_t offset, off64_t size)
{
    int (*punch_)(int, int, off64_t, off64_t) = real(name);
    enum fault fault = is_file_there(fd) ? next_fault("fallocate", false) : NONE;
    int status;

    fails(fault);
    status = punch_(fd, mode, offset, size);
    if (fault == HALF) {
        die();
    }
    return status;
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    return punch_file("fallocate", fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
    return punch_file("fallocate64", fd, mode, offset, size);
}
