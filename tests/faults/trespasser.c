/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For LD_PRELOAD: a worker that a guest has taken over. When it sends for the TRESPASS_AT-th time,
 * it does what TRESPASS says instead; with TRESPASS_AT=read, when it reads a file of the recording
 * for the first time; with TRESPASS_AT=status it is a recorder, which does so instead of telling
 * how it goes, and says what came of it. The tests compile it; see test_replay_walls.py and
 * test_record_sandbox.py.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int result(int outcome)
{
    return outcome < 0 ? errno : 0;
}

static int try_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    return result(child);
}

/* 0 if it could, else why not: unless it does not come back. */
static int trespass(const char *how)
{
    static const struct sockaddr_in address = {.sin_family = AF_INET};

    if (strcmp(how, "open") == 0) {
        return result(open("/etc/passwd", O_RDONLY));
    }
    if (strcmp(how, "create") == 0) {
        return result(open("/tmp/ebb-trespass", O_WRONLY | O_CREAT | O_EXCL, 0600));
    }
    if (strcmp(how, "connect") == 0) {
        return result(connect(3, (const struct sockaddr *)&address, sizeof(address)));
    }
    if (strcmp(how, "socket") == 0) {
        return result(socket(AF_INET, SOCK_STREAM, 0));
    }
    if (strcmp(how, "execute") == 0) {
        return result(execl("/bin/true", "true", NULL));
    }
    if (strcmp(how, "setuid") == 0) {
        return result(setuid(getuid()));
    }
    return try_fork();
}

/* A recorder's line about how it goes: the one thing that it writes which begins so. */
static bool is_status(const void *bytes, size_t size)
{
    return size > 1 && memcmp(bytes, "{\"", 2) == 0;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    static int count;
    const char *how = getenv("TRESPASS"), *when = getenv("TRESPASS_AT");
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

    if (how && when && strcmp(when, "status") == 0 && is_status(bytes, size) && ++count == 1) {
        fprintf(stderr, "trespass: %s: %s\n", how, strerror(trespass(how)));
    }
    return next(file, bytes, size);
}

/* Both are the C library's name for it, and a worker reads no other files in this way. */
ssize_t pread64(int file, void *bytes, size_t size, off64_t offset)
{
    static int count;
    const char *how = getenv("TRESPASS"), *when = getenv("TRESPASS_AT");
    ssize_t (*next)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");

    if (how && when && strcmp(when, "read") == 0 && ++count == 1) {
        trespass(how);
    }
    return next(file, bytes, size, offset);
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    return pread64(file, bytes, size, offset);
}

/* Without this library's doing it would be the C library's. */
ssize_t send(int socket, const void *bytes, size_t size, int flags)
{
    static int count;
    const char *how = getenv("TRESPASS"), *when = getenv("TRESPASS_AT");
    ssize_t (*next)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");

    if (how && when && ++count == atoi(when)) {
        trespass(how);
    }
    return next(socket, bytes, size, flags);
}
