/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encoding events with much data: what is hard to compress and what is not, one after the other. */
#include "recording_fixture.h"

#include "log/event_encoding.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define EVENTS 8u
#define EVENT_DATA (32u << 10)
#define DATA_SIZE (EVENTS * EVENT_DATA)

/* Payloads behind one that was hard to compress, until data is compressed again. */
#define STORED 16u

struct data {
    uint8_t bytes[DATA_SIZE];
};

static void fill(struct data *data, uint64_t limit)
{
    uint64_t random = 11;
    size_t i;

    for (i = 0; i < sizeof(data->bytes); i++) {
        data->bytes[i] = (uint8_t)(fixture_random(&random) % limit);
    }
}

/* Encodes DMA events, sees that the same come out again, and returns the payload's size. */
static size_t encode(struct ebb_event_encoder *encoder, const struct data *data)
{
    struct ebb_event events[EVENTS], decoded[EVENTS];
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_error error = {0};
    uint32_t raw_size;
    uint8_t *raw;
    size_t i, size;

    memset(events, 0, sizeof(events));
    for (i = 0; i < EVENTS; i++) {
        events[i].kind = EBB_EVENT_DMA;
        events[i].position = 100 * i;
        events[i].address = 0x40000000 + i * EVENT_DATA;
        events[i].data = data->bytes + i * EVENT_DATA;
        events[i].data_length = EVENT_DATA;
    }
    assert_int_equal(ebb_event_encode(encoder, events, EVENTS, data->bytes, DATA_SIZE, &payload,
                                      &raw_size, &error),
                     0);
    raw = malloc(raw_size);
    assert_non_null(raw);
    assert_int_equal(ZSTD_decompress(raw, raw_size, payload.bytes, payload.size), raw_size);
    assert_null(ebb_event_decode(raw, raw_size, decoded, EVENTS, 0));
    for (i = 0; i < EVENTS; i++) {
        fixture_assert_same(&decoded[i], &events[i]);
    }
    size = payload.size;
    ebb_buffer_free(&payload);
    free(raw);
    return size;
}

/* Where time matters more than size, data is stored for a while behind what was hard to compress.
 */
static void test_light(void **state)
{
    struct ebb_event_encoder *encoder = ebb_event_encoder_new(true);
    struct data *hard = malloc(sizeof(*hard)), *easy = malloc(sizeof(*easy));
    size_t easy_size, i;

    (void)state;
    assert_non_null(encoder);
    assert_true(hard && easy);
    fill(hard, 256);
    fill(easy, 1);
    easy_size = encode(encoder, easy);
    assert_in_range(easy_size, 1, DATA_SIZE / 100);
    assert_int_equal(encode(encoder, easy), easy_size);
    for (i = 0; i < 3; i++) {
        size_t stored;

        assert_in_range(encode(encoder, hard), DATA_SIZE, DATA_SIZE + DATA_SIZE / 100);
        for (stored = 0; encode(encoder, easy) > DATA_SIZE; stored++) {
        }
        assert_int_equal(stored, STORED);
        assert_int_equal(encode(encoder, easy), easy_size);
    }
    free(hard);
    free(easy);
    ebb_event_encoder_free(encoder);
}

/* Elsewhere all is compressed. */
static void test_not_light(void **state)
{
    struct ebb_event_encoder *encoder = ebb_event_encoder_new(false);
    struct data *hard = malloc(sizeof(*hard)), *easy = malloc(sizeof(*easy));

    (void)state;
    assert_non_null(encoder);
    assert_true(hard && easy);
    fill(hard, 256);
    fill(easy, 1);
    encode(encoder, hard);
    assert_in_range(encode(encoder, easy), 1, DATA_SIZE / 100);
    free(hard);
    free(easy);
    ebb_event_encoder_free(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light),
        cmocka_unit_test(test_not_light),
    };

    return cmocka_run_group_tests_name("log: event encoding", tests, NULL, NULL);
}
