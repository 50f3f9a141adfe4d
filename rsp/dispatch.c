/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dispatch.h"

#include "open.h"
#include "table.h"

#include <string.h>

/* The packet in the decoder. */
static void handle_packet(struct rsp_session *session)
{
    const struct rsp_decoder *decoder = &session->decoder;
    const struct rsp_packet_type *type = rsp_packet_type(decoder->payload, decoder->length);
    struct rsp_arguments arguments;

    session->packets++;
    session->silent = false;
    rsp_buffer_clear(&session->reply);
    if (type) {
        size_t name = strlen(type->name);

        session->error_text = type->flags & RSP_ERROR_TEXT;
        if (rsp_arguments_parse(type->schema, decoder->payload + name, decoder->length - name,
                                &arguments)) {
            if ((type->flags & RSP_EARLY) || rsp_open_timeline(session, type->flags & RSP_NOISY)) {
                type->handle(session, &arguments);
            }
        } else {
            rsp_reply_error(session, RSP_EINVAL, "malformed packet");
        }
    }
    if (session->reply.overflow) {
        rsp_reply_error(session, RSP_EIO, "the reply is too long");
    }
    if (!session->silent) {
        rsp_session_send(session, session->reply.bytes, session->reply.length);
    }
    if (session->no_ack_next) {
        session->no_ack = true;
        session->no_ack_next = false;
    }
}

static void acknowledge(struct rsp_session *session, char sign)
{
    if (!session->no_ack) {
        rsp_connection_write(&session->connection, (const uint8_t *)&sign, 1);
    }
}

static void end_connection(struct rsp_session *session)
{
    session->end = session->connection.stopped ? RSP_END_STOPPED : RSP_END_DISCONNECTED;
}

void rsp_dispatch_packets(struct rsp_session *session)
{
    while (session->end == RSP_END_NONE) {
        switch (rsp_session_next_token(session)) {
        case RSP_TOKEN_PACKET:
            acknowledge(session, '+');
            handle_packet(session);
            break;
        case RSP_TOKEN_BAD_PACKET:
            acknowledge(session, '-');
            break;
        case RSP_TOKEN_LONG_PACKET:
            /* Asking for it again would bring it again. */
            acknowledge(session, '+');
            session->error_text = false;
            rsp_reply_error(session, RSP_EINVAL, "packet too long");
            rsp_session_send(session, session->reply.bytes, session->reply.length);
            break;
        case RSP_TOKEN_NONE:
            end_connection(session);
            break;
        case RSP_TOKEN_INTERRUPT:
            /* gdb decides by itself whether to go on, as for a condition: what it was told to stop
             * then is the next move, as with gdbserver. */
            session->interrupt = true;
            break;
        case RSP_TOKEN_ACK:
        case RSP_TOKEN_NACK:
            break; /* nothing is under way that they could mean */
        }
    }
}
