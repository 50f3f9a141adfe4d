/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For LD_PRELOAD: ebb bisect's command cannot be started. With EBB_FAULT=fork no process can be
 * made once its socket is there; with setenv there is no memory for what it is told.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool has_socket;

static bool fails(const char *what)
{
    const char *fault = getenv("EBB_FAULT");

    return fault && strcmp(fault, what) == 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");

    if (address->sa_family == AF_UNIX &&
        strstr(((const struct sockaddr_un *)address)->sun_path, "/command-")) {
        has_socket = true;
    }
    return real(fd, address, length);
}

pid_t fork(void)
{
    pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");

    if (has_socket && fails("fork")) {
        errno = EAGAIN;
        return -1;
    }
    return real();
}

int setenv(const char *name, const char *value, int overwrite)
{
    int (*real)(const char *, const char *, int) =
        (int (*)(const char *, const char *, int))dlsym(RTLD_NEXT, "setenv");

    if (strcmp(name, "EBB_POSITION") == 0 && fails("setenv")) {
        errno = ENOMEM;
        return -1;
    }
    return real(name, value, overwrite);
}
