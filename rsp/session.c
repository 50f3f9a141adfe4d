/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINT_CHUNK = 1024 }; /* bytes of text in one packet */

static bool make_buffer(struct rsp_buffer *buffer, size_t capacity)
{
    buffer->bytes = malloc(capacity);
    buffer->capacity = capacity;
    return buffer->bytes != NULL;
}

struct rsp_session *rsp_session_new(struct timeline *timeline, int in, int out,
                                    const struct rsp_options *options, struct ebb_error *error)
{
    struct rsp_session *session = calloc(1, sizeof(*session));

    if (!session || !make_buffer(&session->reply, RSP_PACKET_SIZE) ||
        !make_buffer(&session->frame, rsp_encoded_size(RSP_PACKET_SIZE))) {
        if (session) {
            free(session->reply.bytes);
        }
        free(session);
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for a debugger's session");
        return NULL;
    }
    session->timeline = timeline;
    session->opening = options->opening;
    session->recording = options->recording;
    session->signal = RSP_SIGTRAP;
    session->steps.over = true;
    session->big_endian = options->big_endian;
    rsp_connection_init(&session->connection, in, out, options->stop_fd);
    rsp_decoder_init(&session->decoder);
    rsp_watcher_init(&session->watcher, &session->connection);
    return session;
}

void rsp_session_free(struct rsp_session *session)
{
    rsp_watcher_destroy(&session->watcher);
    free(session->reply.bytes);
    free(session->frame.bytes);
    free(session->origin);
    free(session->watches);
    free(session);
}

enum rsp_token rsp_session_next_token(struct rsp_session *session)
{
    enum rsp_token token = session->pending;
    uint8_t byte;

    session->pending = RSP_TOKEN_NONE;
    while (token == RSP_TOKEN_NONE && rsp_connection_next(&session->connection, &byte)) {
        token = rsp_decoder_feed(&session->decoder, byte);
    }
    return token;
}

/*
 * Returns true when the packet has to be sent again. A client that begins a packet of its own has
 * got ours: it is kept for the main loop.
 */
static bool must_retransmit(struct rsp_session *session)
{
    for (;;) {
        enum rsp_token token = rsp_session_next_token(session);

        switch (token) {
        case RSP_TOKEN_NACK:
            return true;
        case RSP_TOKEN_INTERRUPT:
            session->interrupt = true; /* came too late for what it was meant for */
            break;
        case RSP_TOKEN_PACKET:
        case RSP_TOKEN_BAD_PACKET:
        case RSP_TOKEN_LONG_PACKET:
            session->pending = token;
            return false;
        case RSP_TOKEN_ACK:
        case RSP_TOKEN_NONE:
            return false;
        }
    }
}

void rsp_session_send(struct rsp_session *session, const uint8_t *payload, size_t length)
{
    rsp_buffer_clear(&session->frame);
    rsp_encode(&session->frame, payload, length);
    do {
        if (!rsp_connection_write(&session->connection, session->frame.bytes,
                                  session->frame.length)) {
            return;
        }
    } while (!session->no_ack && session->pending == RSP_TOKEN_NONE && must_retransmit(session));
}

void rsp_session_print(struct rsp_session *session, const char *text)
{
    uint8_t bytes[1 + 2 * PRINT_CHUNK];
    size_t left = strlen(text);

    while (left && !session->silent) {
        struct rsp_buffer packet = {.bytes = bytes, .capacity = sizeof(bytes)};
        size_t length = left < PRINT_CHUNK ? left : PRINT_CHUNK;

        rsp_buffer_put_byte(&packet, 'O');
        rsp_buffer_hex(&packet, text, length);
        rsp_session_send(session, packet.bytes, packet.length);
        text += length;
        left -= length;
    }
}

void rsp_session_printf(struct rsp_session *session, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    rsp_session_print(session, text);
}

void rsp_reply_ok(struct rsp_session *session)
{
    rsp_buffer_clear(&session->reply);
    rsp_buffer_text(&session->reply, "OK");
}

void rsp_reply_error(struct rsp_session *session, enum rsp_errno number, const char *text)
{
    rsp_buffer_clear(&session->reply);
    if (text && (session->error_text || session->client_error_message)) {
        rsp_buffer_printf(&session->reply, "E.%s", text);
    } else {
        rsp_buffer_printf(&session->reply, "E%02x", number);
    }
}

bool rsp_session_interrupted(struct rsp_session *session)
{
    bool interrupted;

    if (rsp_watcher_begin(&session->watcher, session->timeline, false, NULL) < 0) {
        return false;
    }
    interrupted = rsp_watcher_requested(&session->watcher);
    rsp_watcher_end(&session->watcher);
    return interrupted;
}
