/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Framing and the parsing of arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp/arguments.h"
#include "rsp/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct rsp_decoder *decoder = malloc(sizeof(*decoder));

    rsp_decoder_init(decoder);
    *state = decoder;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Feeds all bytes; all but the last must give no token. Returns the last one's. */
static enum rsp_token feed(struct rsp_decoder *decoder, const void *bytes, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        assert_int_equal(rsp_decoder_feed(decoder, ((const uint8_t *)bytes)[i]), RSP_TOKEN_NONE);
    }
    return rsp_decoder_feed(decoder, ((const uint8_t *)bytes)[length - 1]);
}

static enum rsp_token feed_text(struct rsp_decoder *decoder, const char *text)
{
    return feed(decoder, text, strlen(text));
}

/* Feeds "$raw#sum" with the right sum. */
static enum rsp_token feed_raw(struct rsp_decoder *decoder, const void *raw, size_t length)
{
    uint8_t *frame = malloc(length + 5), sum = 0;
    enum rsp_token token;
    char tail[4];

    for (size_t i = 0; i < length; i++) {
        sum += ((const uint8_t *)raw)[i];
    }
    frame[0] = '$';
    memcpy(frame + 1, raw, length);
    snprintf(tail, sizeof(tail), "#%02x", sum);
    memcpy(frame + 1 + length, tail, 3);
    token = feed(decoder, frame, length + 4);
    free(frame);
    return token;
}

static void assert_payload(const struct rsp_decoder *decoder, const void *bytes, size_t length)
{
    assert_int_equal(decoder->length, length);
    assert_memory_equal(decoder->payload, bytes, length);
}

static void decodes_packets(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_text(decoder, "$g#67"), RSP_TOKEN_PACKET);
    assert_payload(decoder, "g", 1);
    assert_int_equal(feed_text(decoder, "$#00"), RSP_TOKEN_PACKET);
    assert_payload(decoder, "", 0);
    assert_int_equal(feed_text(decoder, "$OK#9A"), RSP_TOKEN_PACKET); /* upper case as well */
    assert_payload(decoder, "OK", 2);
}

static void decodes_what_is_between_packets(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_text(decoder, "+"), RSP_TOKEN_ACK);
    assert_int_equal(feed_text(decoder, "-"), RSP_TOKEN_NACK);
    assert_int_equal(feed_text(decoder, "\x03"), RSP_TOKEN_INTERRUPT);
    assert_int_equal(feed_text(decoder, "noise#12$g#67"), RSP_TOKEN_PACKET);
    assert_payload(decoder, "g", 1);
}

static void refuses_wrong_checksums(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_text(decoder, "$g#68"), RSP_TOKEN_BAD_PACKET);
    assert_int_equal(feed_text(decoder, "$g#6x"), RSP_TOKEN_BAD_PACKET);
    assert_int_equal(feed_text(decoder, "$#0g"), RSP_TOKEN_BAD_PACKET);
    assert_int_equal(feed_text(decoder, "$g#67"), RSP_TOKEN_PACKET);
}

static void begins_anew_at_a_dollar(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_text(decoder, "$half a pack$g#67"), RSP_TOKEN_PACKET);
    assert_payload(decoder, "g", 1);
    assert_int_equal(feed_text(decoder, "$m#$g#6$g#67"), RSP_TOKEN_PACKET);
    assert_payload(decoder, "g", 1);
}

static void undoes_escapes(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_raw(decoder, "X0,4:}\x03}\x04}]}\n", 13), RSP_TOKEN_PACKET);
    assert_payload(decoder, "X0,4:#$}*", 9);
    assert_int_equal(feed_raw(decoder, "X0,1:\x03", 6), RSP_TOKEN_PACKET);
    assert_payload(decoder, "X0,1:\x03", 6);
    assert_int_equal(feed_raw(decoder, "ab}", 3), RSP_TOKEN_BAD_PACKET);
}

static void expands_runs_outside_of_binary_data(void **state)
{
    struct rsp_decoder *decoder = *state;

    assert_int_equal(feed_raw(decoder, "P0=0* 1", 7), RSP_TOKEN_PACKET);
    assert_payload(decoder, "P0=00001", 8);
    assert_int_equal(feed_raw(decoder, "X0,3:a* ", 8), RSP_TOKEN_PACKET);
    assert_payload(decoder, "X0,3:a* ", 8);
    assert_int_equal(feed_raw(decoder, "qSearch:memory:0;9;a* ", 22), RSP_TOKEN_PACKET);
    assert_payload(decoder, "qSearch:memory:0;9;a* ", 22);
    assert_int_equal(feed_raw(decoder, "* ", 2), RSP_TOKEN_BAD_PACKET);
    assert_int_equal(feed_raw(decoder, "a*", 2), RSP_TOKEN_BAD_PACKET);
    assert_int_equal(feed_raw(decoder, "a*\x1f", 3), RSP_TOKEN_BAD_PACKET);
}

static void bounds_packets(void **state)
{
    struct rsp_decoder *decoder = *state;
    uint8_t *raw = malloc(RSP_PACKET_SIZE + 2);

    memset(raw, 'a', RSP_PACKET_SIZE + 2);
    assert_int_equal(feed_raw(decoder, raw, RSP_PACKET_SIZE), RSP_TOKEN_PACKET);
    assert_int_equal(decoder->length, RSP_PACKET_SIZE);
    assert_int_equal(feed_raw(decoder, raw, RSP_PACKET_SIZE + 1), RSP_TOKEN_LONG_PACKET);
    memcpy(raw + RSP_PACKET_SIZE - 2, "*~", 2); /* small on the wire, large as a packet */
    assert_int_equal(feed_raw(decoder, raw, RSP_PACKET_SIZE), RSP_TOKEN_LONG_PACKET);
    assert_int_equal(feed_text(decoder, "$g#67"), RSP_TOKEN_PACKET);
    free(raw);
}

static void encodes_what_it_decodes(void **state)
{
    struct rsp_decoder *decoder = *state;
    uint8_t all[256], wire[600];
    struct rsp_buffer out = {.bytes = wire, .capacity = sizeof(wire)};

    for (unsigned i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    rsp_encode(&out, all, sizeof(all));
    assert_false(out.overflow);
    assert_null(memchr(wire, '*', out.length));
    assert_int_equal(feed(decoder, wire, out.length), RSP_TOKEN_PACKET);
    assert_payload(decoder, all, sizeof(all));
    out.length = 0;
    rsp_encode(&out, (const uint8_t *)"OK", 2);
    assert_int_equal(out.length, 6);
    assert_memory_equal(wire, "$OK#9a", 6);
}

static void buffers_remember_overflow(void **state)
{
    uint8_t bytes[4];
    struct rsp_buffer buffer = {.bytes = bytes, .capacity = sizeof(bytes)};

    (void)state;
    rsp_buffer_text(&buffer, "abcd");
    assert_false(buffer.overflow);
    rsp_buffer_put_byte(&buffer, 'e');
    assert_true(buffer.overflow);
    assert_int_equal(buffer.length, 4);
    rsp_buffer_clear(&buffer);
    rsp_buffer_hex(&buffer, "\x0f\xf0", 2);
    assert_false(buffer.overflow);
    assert_memory_equal(bytes, "0ff0", 4);
}

static bool parse(const char *schema, const char *text, struct rsp_arguments *arguments)
{
    return rsp_arguments_parse(schema, (const uint8_t *)text, strlen(text), arguments);
}

static void parses_arguments(void **state)
{
    struct rsp_arguments arguments;

    (void)state;
    assert_true(parse("h,h:b", "1f,FF:data", &arguments));
    assert_int_equal(arguments.count, 3);
    assert_int_equal(arguments.list[0].number, 0x1f);
    assert_int_equal(arguments.list[1].number, 0xff);
    assert_int_equal(arguments.list[2].length, 4);
    assert_memory_equal(arguments.list[2].bytes, "data", 4);
    assert_true(parse("h", "ffffffffffffffff", &arguments));
    assert_true(arguments.list[0].number == UINT64_MAX);
    assert_false(parse("h", "10000000000000000", &arguments));
    assert_true(parse("t", "-1", &arguments));
    assert_true(arguments.list[0].number == RSP_ALL_THREADS);
    assert_true(parse("?;h", "", &arguments));
    assert_int_equal(arguments.count, 0);
    assert_true(parse("?;h", ";5", &arguments));
    assert_int_equal(arguments.list[0].number, 5);
}

static void refuses_malformed_arguments(void **state)
{
    static const char *const malformed[][2] = {
        {"h", ""},    {"h", "x"},    {"h,h", "1"},  {"h,h", "1,"}, {"h,h", "1;2"},
        {"h", "1 "},  {"", "extra"}, {"t", "-2"},   {"t", "p1.1"}, {"t", "-"},
        {"?;h", ";"}, {"?;h", "5"},  {"h", "0x10"}, {"h", "-5"},   {"h,h:b", "1,2"},
    };
    struct rsp_arguments arguments;

    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_false(parse(malformed[i][0], malformed[i][1], &arguments));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decodes_packets, setup, teardown),
        cmocka_unit_test_setup_teardown(decodes_what_is_between_packets, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_wrong_checksums, setup, teardown),
        cmocka_unit_test_setup_teardown(begins_anew_at_a_dollar, setup, teardown),
        cmocka_unit_test_setup_teardown(undoes_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(expands_runs_outside_of_binary_data, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_packets, setup, teardown),
        cmocka_unit_test_setup_teardown(encodes_what_it_decodes, setup, teardown),
        cmocka_unit_test(buffers_remember_overflow),
        cmocka_unit_test(parses_arguments),
        cmocka_unit_test(refuses_malformed_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
