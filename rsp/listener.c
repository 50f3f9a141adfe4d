/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rsp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_unix_address(const char *path, struct sockaddr_un *address, struct ebb_error *error)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    if (!*path || strlen(path) >= sizeof(address->sun_path)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "the socket's path '%.200s' has not between 1 and %zu bytes; use another",
                        path, sizeof(address->sun_path) - 1);
    }
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Removes a socket file on which nobody listens; leaves every other file to bind() to complain. */
static void remove_stale_socket(const struct sockaddr_un *address)
{
    struct stat status;
    int probe;

    if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode)) {
        return;
    }
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return;
    }
    if (connect(probe, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno == ECONNREFUSED) {
        unlink(address->sun_path);
    }
    close(probe);
}

/* Nobody can connect before listen(), so the mode is right from the start. */
static int open_unix(int fd, const struct sockaddr_un *address, struct ebb_error *error)
{
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot make the socket %s: %s", address->sun_path,
                        strerror(errno));
    }
    if (chmod(address->sun_path, 0600) < 0 || listen(fd, 1) < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot listen on the socket %s: %s", address->sun_path,
                 strerror(errno));
        unlink(address->sun_path);
        return -1;
    }
    return 0;
}

int rsp_listen_unix(const char *path, struct ebb_error *error)
{
    struct sockaddr_un address;
    int fd;

    if (make_unix_address(path, &address, error) < 0) {
        return -1;
    }
    remove_stale_socket(&address);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot make a socket: %s", strerror(errno));
    }
    if (open_unix(fd, &address, error) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Splits "PORT", ":PORT", "HOST:PORT", "[HOST]:PORT". */
static int split_address(const char *text, char *host, size_t host_size, const char **port,
                         struct ebb_error *error)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;

    *port = colon ? colon + 1 : text;
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length >= host_size || !**port || strspn(*port, "0123456789") != strlen(*port) ||
        strtoul(*port, NULL, 10) > 65535) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "'%.200s' is no address to listen on; give PORT or HOST:PORT", text);
    }
    memcpy(host, text, length);
    host[length] = 0;
    if (length == 0) {
        snprintf(host, host_size, "127.0.0.1");
    }
    return 0;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;

        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;

        return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
    }
    return false;
}

static int open_tcp(const struct addrinfo *where, const char *text, struct ebb_error *error)
{
    const int one = 1;
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot make a socket: %s", strerror(errno));
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, where->ai_addr, where->ai_addrlen) < 0 || listen(fd, 1) < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot listen on %.200s: %s", text, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

int rsp_listen_tcp(const char *address, bool anywhere, struct ebb_error *error)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    const char *port;
    char host[256];
    int status, fd;

    if (split_address(address, host, sizeof(host), &port, error) < 0) {
        return -1;
    }
    status = getaddrinfo(host, port, &hints, &found);
    if (status != 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot listen on '%.200s': %s", address,
                        gai_strerror(status));
    }
    if (!anywhere && !is_loopback(found->ai_addr)) {
        fd = ebb_fail(error, EBB_ERROR_USAGE,
                      "'%.200s' is not this machine's loopback, and whoever connects can read all "
                      "of the guest's memory; allow it explicitly or use 127.0.0.1",
                      address);
    } else {
        fd = open_tcp(found, address, error);
    }
    freeaddrinfo(found);
    return fd;
}

int rsp_listener_name(int listener, char *name, size_t size, struct ebb_error *error)
{
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_storage room;
    } address;
    socklen_t length = sizeof(address);
    char host[128], port[16];

    memset(&address, 0, sizeof(address));
    if (getsockname(listener, &address.any, &length) < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot tell a socket's address: %s",
                        strerror(errno));
    }
    if (address.any.sa_family == AF_UNIX) {
        snprintf(name, size, "%.*s", (int)sizeof(address.local.sun_path), address.local.sun_path);
        return 0;
    }
    if (getnameinfo(&address.any, length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot tell a socket's address");
    }
    snprintf(name, size, address.any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return 0;
}
