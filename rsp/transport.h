/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection: bytes in, bytes out, over sockets, pipes or a terminal. It belongs to one thread at
 * a time; the watcher (watcher.h) borrows the input while the timeline moves.
 */
#ifndef EBB_RSP_TRANSPORT_H
#define EBB_RSP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsp_connection {
    int in;
    int out;
    int stop_fd; /* -1: none */
    bool out_is_socket;
    bool closed;  /* the client is gone: no more input, or output fails */
    bool stopped; /* stop_fd became readable */
    size_t start; /* input[start..end) is received and not yet consumed */
    size_t end;
    uint8_t input[0x10000];
};

void rsp_connection_init(struct rsp_connection *connection, int in, int out, int stop_fd);

/* Takes the next byte, waiting for it. False: closed or stopped, and nothing is left. */
bool rsp_connection_next(struct rsp_connection *connection, uint8_t *byte);

/* Receives what is there, once in.revents says so; sets closed at the end of the input. */
void rsp_connection_receive(struct rsp_connection *connection);

/* Room for more input. Moves what is left to the front. */
size_t rsp_connection_room(struct rsp_connection *connection);

/* Forgets the interrupts (0x03 between packets) that were received and not yet consumed. */
void rsp_connection_drop_interrupts(struct rsp_connection *connection);

/* Sends all of it, waiting for the client to take it. False: closed or stopped. */
bool rsp_connection_write(struct rsp_connection *connection, const uint8_t *bytes, size_t length);

#endif
