/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *opaque)
{
    struct rsp_client *client = opaque;
    struct timeline *timeline = client->options.opening ? NULL : client->timeline;
    struct ebb_error error;

    client->status = client->listener
                         ? rsp_serve_listener(timeline, client->server, &client->options,
                                              &client->result, &error)
                         : rsp_serve_fds(timeline, client->server, client->server, &client->options,
                                         &client->result, &error);
    close(client->server);
    return NULL;
}

static void start(struct rsp_client *client)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    client->options.stop_fd = ends[0];
    client->stop_pipe = ends[1];
    client->timeline = fake_timeline_new();
    client->acks = true;
    assert_int_equal(pthread_create(&client->thread, NULL, serve, client), 0);
}

void client_start(struct rsp_client *client)
{
    client_start_opening(client, NULL);
}

static void start_with(struct rsp_client *client, struct rsp_options options)
{
    int ends[2];

    memset(client, 0, sizeof(*client));
    client->options = options;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client->server = ends[0];
    client->fd = ends[1];
    start(client);
}

void client_start_opening(struct rsp_client *client, const struct rsp_opening *opening)
{
    start_with(client, (struct rsp_options){.opening = opening});
}

void client_start_recording(struct rsp_client *client, const struct rsp_recording *recording)
{
    start_with(client, (struct rsp_options){.recording = recording});
}

void client_start_listener(struct rsp_client *client, int listener, bool once)
{
    memset(client, 0, sizeof(*client));
    client->server = listener;
    client->listener = true;
    client->fd = -1;
    client->options.once = once;
    start(client);
}

enum rsp_end client_finish(struct rsp_client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
    }
    pthread_join(client->thread, NULL);
    assert_int_equal(client->status, 0);
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
    assert_false(timeline_in_diversion(client->timeline));
    close(client->options.stop_fd);
    close(client->stop_pipe);
    fake_timeline_free(client->timeline);
    return client->result.end;
}

void client_write(struct rsp_client *client, const void *bytes, size_t length)
{
    assert_int_equal(send(client->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

int client_read_byte(struct rsp_client *client)
{
    uint8_t byte;

    return read(client->fd, &byte, 1) == 1 ? byte : -1;
}

void client_send_bytes(struct rsp_client *client, const void *payload, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *bytes = payload;
    uint8_t frame[0x11000], sum = 0;
    size_t count = 1;

    assert_true(2 * length + 4 <= sizeof(frame));
    frame[0] = '$';
    for (size_t i = 0; i < length; i++) {
        if (strchr("$#}", bytes[i]) && bytes[i]) {
            frame[count++] = '}';
            frame[count++] = bytes[i] ^ 0x20;
        } else {
            frame[count++] = bytes[i];
        }
    }
    for (size_t i = 1; i < count; i++) {
        sum += frame[i];
    }
    frame[count++] = '#';
    frame[count++] = (uint8_t)hex[sum >> 4];
    frame[count++] = (uint8_t)hex[sum & 15];
    client_write(client, frame, count);
}

void client_send(struct rsp_client *client, const char *payload)
{
    client_send_bytes(client, payload, strlen(payload));
}

/* Takes the core registers but the PC out of a stop reply, so that tests need not name them all. */
static void take_out_registers(struct rsp_client *client)
{
    char *from = client->reply + strlen("T05thread:1;"), *to = from, *end;

    client->core_registers = 0;
    for (; (end = strchr(from, ';')); from = end + 1) {
        bool is_register = from[2] == ':' && strspn(from, "0123456789abcdef") == 2;

        client->core_registers += is_register;
        if (!is_register || !strncmp(from, "20:", 3)) {
            memmove(to, from, (size_t)(end + 1 - from));
            to += end + 1 - from;
        }
    }
    *to = 0;
    client->reply_length = (size_t)(to - client->reply);
}

bool client_receive(struct rsp_client *client)
{
    unsigned sent = 0;
    uint8_t sum = 0;
    char digits[3] = {0};
    int byte;

    if (client_read_byte(client) != '$') {
        return false;
    }
    client->reply_length = 0;
    while ((byte = client_read_byte(client)) != '#') {
        assert_true(byte >= 0);
        assert_int_not_equal(byte, '$');
        assert_int_not_equal(byte, '*'); /* would mean a run */
        sum += (uint8_t)byte;
        if (byte == '}') {
            byte = client_read_byte(client);
            sum += (uint8_t)byte;
            byte ^= 0x20;
        }
        assert_true(client->reply_length < sizeof(client->reply) - 1);
        client->reply[client->reply_length++] = (char)byte;
    }
    client->reply[client->reply_length] = 0;
    digits[0] = (char)client_read_byte(client);
    digits[1] = (char)client_read_byte(client);
    assert_int_equal(sscanf(digits, "%2x", &sent), 1);
    assert_int_equal(sent, sum);
    if (client->reply[0] == 'T') {
        take_out_registers(client);
    }
    return true;
}

const char *client_ask(struct rsp_client *client, const char *payload)
{
    client_send(client, payload);
    if (client->acks) {
        assert_int_equal(client_read_byte(client), '+');
    }
    assert_true(client_receive(client));
    if (client->acks) {
        client_write(client, "+", 1);
    }
    return client->reply;
}

void client_handshake(struct rsp_client *client)
{
    client_ask(client, "qSupported:swbreak+;hwbreak+;multiprocess+");
    client_expect(client, "QStartNoAckMode", "OK");
    client->acks = false;
}

void client_send_monitor(struct rsp_client *client, const char *command)
{
    char packet[600] = "qRcmd,";

    for (size_t i = 0; command[i]; i++) {
        sprintf(packet + 6 + 2 * i, "%02x", (unsigned)(uint8_t)command[i]);
    }
    client_send(client, packet);
}

const char *client_receive_monitor(struct rsp_client *client, char *printed, size_t size)
{
    size_t length = 0;

    assert_false(client->acks);
    assert_true(client_receive(client));
    while (client->reply[0] == 'O' && strcmp(client->reply, "OK")) {
        for (size_t i = 1; i + 1 < client->reply_length && length + 1 < size; i += 2) {
            unsigned byte;

            assert_int_equal(sscanf(client->reply + i, "%2x", &byte), 1);
            printed[length++] = (char)byte;
        }
        assert_true(client_receive(client));
    }
    printed[length] = 0;
    return client->reply;
}

const char *client_monitor(struct rsp_client *client, const char *command, char *printed,
                           size_t size)
{
    client_send_monitor(client, command);
    return client_receive_monitor(client, printed, size);
}

int client_setup(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));

    client_start(client);
    client_handshake(client);
    *state = client;
    return 0;
}

int client_teardown(void **state)
{
    client_finish(*state);
    free(*state);
    return 0;
}
