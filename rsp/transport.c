/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void rsp_connection_init(struct rsp_connection *connection, int in, int out, int stop_fd)
{
    struct stat status;

    connection->in = in;
    connection->out = out;
    connection->stop_fd = stop_fd;
    connection->out_is_socket = fstat(out, &status) == 0 && S_ISSOCK(status.st_mode);
    connection->closed = false;
    connection->stopped = false;
    connection->start = 0;
    connection->end = 0;
}

size_t rsp_connection_room(struct rsp_connection *connection)
{
    size_t left = connection->end - connection->start;

    if (connection->start) {
        memmove(connection->input, connection->input + connection->start, left);
        connection->start = 0;
        connection->end = left;
    }
    return sizeof(connection->input) - left;
}

void rsp_connection_receive(struct rsp_connection *connection)
{
    size_t room = rsp_connection_room(connection);
    ssize_t count;

    if (room == 0) {
        return;
    }
    count = read(connection->in, connection->input + connection->end, room);
    if (count > 0) {
        connection->end += (size_t)count;
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        connection->closed = true;
    }
}

void rsp_connection_drop_interrupts(struct rsp_connection *connection)
{
    bool inside_packet = false;
    size_t to = connection->start;

    for (size_t i = connection->start; i < connection->end; i++) {
        uint8_t byte = connection->input[i];

        if (byte == '$' || byte == '#') {
            inside_packet = byte == '$';
        }
        if (byte != 3 || inside_packet) {
            connection->input[to++] = byte;
        }
    }
    connection->end = to;
}

/* Waits until fd is ready for events; false: stopped. */
static bool wait_ready(struct rsp_connection *connection, int fd, short events)
{
    struct pollfd fds[2] = {{fd, events, 0}, {connection->stop_fd, POLLIN, 0}};

    while (poll(fds, 2, -1) < 0) {
        if (errno != EINTR) {
            connection->closed = true;
            return false;
        }
    }
    if (fds[0].revents) {
        return true;
    }
    connection->stopped = true;
    return false;
}

bool rsp_connection_next(struct rsp_connection *connection, uint8_t *byte)
{
    while (connection->start == connection->end) {
        if (connection->closed || connection->stopped ||
            !wait_ready(connection, connection->in, POLLIN)) {
            return false;
        }
        rsp_connection_receive(connection);
    }
    *byte = connection->input[connection->start++];
    return true;
}

bool rsp_connection_write(struct rsp_connection *connection, const uint8_t *bytes, size_t length)
{
    while (length) {
        ssize_t count;

        if (connection->closed || connection->stopped ||
            !wait_ready(connection, connection->out, POLLOUT)) {
            return false;
        }
        /* Never block in the call itself, so that stop_fd is heard: a pipe that polls as writable
         * takes PIPE_BUF bytes. */
        if (connection->out_is_socket) {
            count = send(connection->out, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
            count = write(connection->out, bytes, length < PIPE_BUF ? length : PIPE_BUF);
        }
        if (count >= 0) {
            bytes += count;
            length -= (size_t)count;
        } else if (errno != EINTR && errno != EAGAIN) {
            connection->closed = true;
        }
    }
    return true;
}
