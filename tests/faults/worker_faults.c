/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into `ebb replay`, and so into its workers: counts the requests of all workers, and has
 * the one that gets a certain request die of it.
 *
 * EBB_FAULT_LOG   a file of FILE_SIZE bytes, shared by all workers: the number of requests
 * (uint32_t), then the type of each (a byte) EBB_FAULT_AT    the number of the request, from 1
 * EBB_FAULT_KIND  request: SIGKILL before anything is done; reply: when it is to be answered
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/messages.h"

#define FILE_SIZE 65536u

struct shared {
    atomic_uint requests;
    uint8_t types[FILE_SIZE - sizeof(atomic_uint)];
};

/* All there is to a process that code is preloaded into: it has no main of ours. */
static struct {
    struct shared *shared;
    int socket;
    size_t payload; /* bytes of the present request that are still to be read */
    bool dies;
} state = {.socket = -1};

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The descriptor of a worker's socket, from its command line; -1 in other processes. */
static int engine_socket(void)
{
    static const char option[] = "engine-fd=";
    char text[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1, i;

    if (fd >= 0) {
        close(fd);
    }
    for (i = 0; i + (ssize_t)sizeof(option) < length; i++) {
        if (!memcmp(text + i, option, sizeof(option) - 1)) {
            text[length] = '\0';
            return atoi(text + i + sizeof(option) - 1);
        }
    }
    return -1;
}

__attribute__((constructor)) static void start(void)
{
    const char *log = getenv("EBB_FAULT_LOG");
    int socket = engine_socket(), fd = log && socket >= 0 ? open(log, O_RDWR | O_CLOEXEC) : -1;

    if (fd >= 0) {
        state.shared = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (state.shared == MAP_FAILED) {
            abort();
        }
        state.socket = socket;
    }
}

static void die(void)
{
    raise(SIGKILL); /* the one signal, to itself, that walls let through */
    for (;;) {
        pause();
    }
}

static void begin_request(const struct worker_message *header)
{
    const char *at = getenv("EBB_FAULT_AT"), *kind = getenv("EBB_FAULT_KIND");
    unsigned number = atomic_fetch_add(&state.shared->requests, 1) + 1;

    if (number <= sizeof(state.shared->types)) {
        state.shared->types[number - 1] = header->type;
    }
    state.payload = header->length;
    state.dies = at && kind && number == strtoul(at, NULL, 10);
    if (state.dies && !strcmp(kind, "request")) {
        die();
    }
}

ssize_t read(int fd, void *buffer, size_t size)
{
    ssize_t (*read_)(int, void *, size_t) = real("read");
    ssize_t count = read_(fd, buffer, size);

    if (fd != state.socket || count <= 0) {
        return count;
    }
    if (state.payload) {
        state.payload -= count;
    } else if (count == sizeof(struct worker_message)) {
        begin_request(buffer);
    } else {
        abort(); /* a header in pieces, which a local socket does not make of one */
    }
    return count;
}

ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    ssize_t (*send_)(int, const void *, size_t, int) = real("send");

    if (fd == state.socket && state.dies) {
        die();
    }
    return send_(fd, buffer, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*sendmsg_)(int, const struct msghdr *, int) = real("sendmsg");

    if (fd == state.socket && state.dies) {
        die();
    }
    return sendmsg_(fd, message, flags);
}
