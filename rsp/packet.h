/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Framing: bytes on the wire to packets and back (gdb manual, Remote Protocol, Overview).
 */
#ifndef EBB_RSP_PACKET_H
#define EBB_RSP_PACKET_H

#include "buffer.h"

/* Bytes of payload in a packet, either way; announced to the client as PacketSize. */
enum { RSP_PACKET_SIZE = 0x8000 };

enum rsp_token {
    RSP_TOKEN_NONE = 0, /* more bytes are needed */
    RSP_TOKEN_PACKET,   /* decoder.payload holds a whole packet */
    RSP_TOKEN_BAD_PACKET,
    RSP_TOKEN_LONG_PACKET, /* well-formed, but longer than RSP_PACKET_SIZE */
    RSP_TOKEN_ACK,
    RSP_TOKEN_NACK,
    RSP_TOKEN_INTERRUPT,
};

struct rsp_decoder {
    enum { RSP_BETWEEN, RSP_INSIDE, RSP_CHECKSUM_HIGH, RSP_CHECKSUM_LOW } state;
    bool too_long;
    bool bad_checksum;
    uint8_t sum;      /* of the bytes received */
    uint8_t sent_sum; /* as the client gave it */
    size_t raw_length;
    size_t length;
    uint8_t raw[RSP_PACKET_SIZE];
    uint8_t payload[RSP_PACKET_SIZE + 1]; /* length bytes, escapes undone; then a NUL */
};

void rsp_decoder_init(struct rsp_decoder *decoder);

/* Takes one byte. A packet stays valid until the next call. */
enum rsp_token rsp_decoder_feed(struct rsp_decoder *decoder, uint8_t byte);

/* Appends "$payload#checksum", with bytes escaped as a client expects them in a reply. */
void rsp_encode(struct rsp_buffer *out, const uint8_t *payload, size_t length);

/* Room that rsp_encode() needs at most for a payload of that length. */
static inline size_t rsp_encoded_size(size_t length)
{
    return 2 * length + 4;
}

#endif
