/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of the remote serial protocol, for tests: a server in a thread, a toy history
 * under it, and calls that send and expect.
 */
#ifndef EBB_TESTS_RSP_CLIENT_H
#define EBB_TESTS_RSP_CLIENT_H

#include "fake_timeline.h"
#include "rsp/rsp.h"

#include <pthread.h>

struct rsp_client {
    struct timeline *timeline;
    struct rsp_options options;
    struct rsp_result result;
    int status;    /* of the server */
    int stop_pipe; /* a byte written here stops the server */
    int server;    /* the server's end, or a listener */
    bool listener;
    int fd; /* our end */
    bool acks;
    pthread_t thread;
    /* Of the last packet: payload, escapes undone, then a NUL. A stop reply is without the core
     * registers, which were as many, but for the PC. */
    char reply[0x11000];
    size_t reply_length;
    unsigned core_registers;
};

/* Starts a server on one end of a socket pair; acknowledgements are on. */
void client_start(struct rsp_client *client);

/* The same with a timeline that is still being opened; NULL: with one that is open. */
void client_start_opening(struct rsp_client *client, const struct rsp_opening *opening);

/* The same with a server that knows of a recording. */
void client_start_recording(struct rsp_client *client, const struct rsp_recording *recording);

/* The same with a listener, which becomes the client's to close; connect with client->fd. */
void client_start_listener(struct rsp_client *client, int listener, bool once);

/* Waits for the server to end, and frees everything. Returns how the session ended. */
enum rsp_end client_finish(struct rsp_client *client);

/* Bytes as they are. */
void client_write(struct rsp_client *client, const void *bytes, size_t length);
int client_read_byte(struct rsp_client *client); /* -1: closed */

/* A packet around the payload, binary characters escaped. */
void client_send_bytes(struct rsp_client *client, const void *payload, size_t length);
void client_send(struct rsp_client *client, const char *payload);

/* Reads one packet into client->reply, without acknowledging it. False: closed. */
bool client_receive(struct rsp_client *client);

/* Sends a packet, takes the acknowledgement, receives a reply and acknowledges it. */
const char *client_ask(struct rsp_client *client, const char *payload);

/* qSupported with stop reasons, and no acknowledgements from here on. */
void client_handshake(struct rsp_client *client);

/* Fixtures: *state becomes a client that has shaken hands. */
int client_setup(void **state);
int client_teardown(void **state);

#define client_expect(client, payload, reply)                                                      \
    assert_string_equal(client_ask(client, payload), reply)

/* Sends qRcmd; returns all that it printed (in a buffer of the client's), and the final reply. */
const char *client_monitor(struct rsp_client *client, const char *command, char *printed,
                           size_t size);

/* The same in two steps. */
void client_send_monitor(struct rsp_client *client, const char *command);
const char *client_receive_monitor(struct rsp_client *client, char *printed, size_t size);

#endif
