/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For LD_PRELOAD: a worker that a guest has taken over. When it sends for the TRESPASS_AT-th time,
 * it does what TRESPASS says instead. The tests compile it; see test_replay_walls.py.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void trespass(const char *how)
{
    static const struct sockaddr_in address = {.sin_family = AF_INET};

    if (strcmp(how, "open") == 0) {
        open("/etc/passwd", O_RDONLY);
    } else if (strcmp(how, "create") == 0) {
        open("/tmp/ebb-trespass", O_WRONLY | O_CREAT | O_EXCL, 0600);
    } else if (strcmp(how, "fork") == 0) {
        if (fork() == 0) {
            _exit(0);
        }
    } else if (strcmp(how, "connect") == 0) {
        connect(3, (const struct sockaddr *)&address, sizeof(address));
    } else if (strcmp(how, "socket") == 0) {
        socket(AF_INET, SOCK_STREAM, 0);
    } else if (strcmp(how, "execute") == 0) {
        execl("/bin/true", "true", NULL);
    }
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
