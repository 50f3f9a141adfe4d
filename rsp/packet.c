/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet.h"

#include <string.h>

enum { ESCAPE = '}', ESCAPE_XOR = 0x20, RUN = '*', RUN_BIAS = 29, INTERRUPT = 3 };

void rsp_decoder_init(struct rsp_decoder *decoder)
{
    decoder->state = RSP_BETWEEN;
    decoder->raw_length = 0;
    decoder->length = 0;
    decoder->payload[0] = 0;
}

static enum rsp_token feed_between(struct rsp_decoder *decoder, uint8_t byte)
{
    switch (byte) {
    case '$':
        decoder->state = RSP_INSIDE;
        decoder->too_long = false;
        decoder->bad_checksum = false;
        decoder->sum = 0;
        decoder->raw_length = 0;
        return RSP_TOKEN_NONE;
    case '+':
        return RSP_TOKEN_ACK;
    case '-':
        return RSP_TOKEN_NACK;
    case INTERRUPT:
        return RSP_TOKEN_INTERRUPT;
    default:
        return RSP_TOKEN_NONE; /* noise between packets is skipped */
    }
}

/*
 * Binary data from the client need not escape '*', only replies must. In such packets it is data;
 * everywhere else it means a run.
 */
static bool carries_binary(const uint8_t *raw, size_t length)
{
    static const char search[] = "qSearch:memory:";

    return length > 0 && (raw[0] == 'X' || (length >= sizeof(search) - 1 &&
                                            !memcmp(raw, search, sizeof(search) - 1)));
}

static enum rsp_token add_run(struct rsp_decoder *decoder, uint8_t count_byte)
{
    size_t count;

    if (decoder->length == 0 || count_byte < ' ' || count_byte > '~') {
        return RSP_TOKEN_BAD_PACKET;
    }
    count = (size_t)count_byte - RUN_BIAS;
    if (count > RSP_PACKET_SIZE - decoder->length) {
        return RSP_TOKEN_LONG_PACKET;
    }
    memset(decoder->payload + decoder->length, decoder->payload[decoder->length - 1], count);
    decoder->length += count;
    return RSP_TOKEN_PACKET;
}

static enum rsp_token unpack(struct rsp_decoder *decoder)
{
    bool runs = !carries_binary(decoder->raw, decoder->raw_length);

    decoder->length = 0;
    for (size_t i = 0; i < decoder->raw_length; i++) {
        uint8_t byte = decoder->raw[i];

        if (byte == ESCAPE || (byte == RUN && runs)) {
            if (++i == decoder->raw_length) {
                return RSP_TOKEN_BAD_PACKET;
            }
        }
        if (byte == RUN && runs) {
            enum rsp_token token = add_run(decoder, decoder->raw[i]);

            if (token != RSP_TOKEN_PACKET) {
                return token;
            }
            continue;
        }
        if (decoder->length == RSP_PACKET_SIZE) {
            return RSP_TOKEN_LONG_PACKET;
        }
        decoder->payload[decoder->length++] = byte == ESCAPE ? decoder->raw[i] ^ ESCAPE_XOR : byte;
    }
    decoder->payload[decoder->length] = 0;
    return RSP_TOKEN_PACKET;
}

static enum rsp_token finish(struct rsp_decoder *decoder)
{
    if (decoder->bad_checksum || decoder->sum != decoder->sent_sum) {
        return RSP_TOKEN_BAD_PACKET;
    }
    return decoder->too_long ? RSP_TOKEN_LONG_PACKET : unpack(decoder);
}

static void feed_inside(struct rsp_decoder *decoder, uint8_t byte)
{
    decoder->sum += byte;
    if (decoder->raw_length == sizeof(decoder->raw)) {
        decoder->too_long = true;
        return;
    }
    decoder->raw[decoder->raw_length++] = byte;
}

static void feed_checksum(struct rsp_decoder *decoder, uint8_t byte)
{
    int digit = rsp_hex_digit(byte);

    if (digit < 0) {
        decoder->bad_checksum = true;
        digit = 0;
    }
    decoder->sent_sum = (uint8_t)(decoder->sent_sum << 4 | digit);
}

enum rsp_token rsp_decoder_feed(struct rsp_decoder *decoder, uint8_t byte)
{
    if (decoder->state == RSP_BETWEEN || byte == '$') {
        /* Nothing but its start may hold a '$': the client gave up on the packet before. */
        return feed_between(decoder, byte);
    }
    if (decoder->state == RSP_INSIDE) {
        if (byte == '#') {
            decoder->state = RSP_CHECKSUM_HIGH;
        } else {
            feed_inside(decoder, byte);
        }
        return RSP_TOKEN_NONE;
    }
    feed_checksum(decoder, byte);
    if (decoder->state == RSP_CHECKSUM_HIGH) {
        decoder->state = RSP_CHECKSUM_LOW;
        return RSP_TOKEN_NONE;
    }
    decoder->state = RSP_BETWEEN;
    return finish(decoder);
}

void rsp_encode(struct rsp_buffer *out, const uint8_t *payload, size_t length)
{
    size_t start;
    uint8_t sum = 0;

    rsp_buffer_put_byte(out, '$');
    start = out->length;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = payload[i];

        if (byte == '$' || byte == '#' || byte == ESCAPE || byte == RUN) {
            rsp_buffer_put_byte(out, ESCAPE);
            byte ^= ESCAPE_XOR;
        }
        rsp_buffer_put_byte(out, byte);
    }
    for (size_t i = start; i < out->length; i++) {
        sum += out->bytes[i];
    }
    rsp_buffer_put_byte(out, '#');
    rsp_buffer_hex(out, &sum, 1);
}
