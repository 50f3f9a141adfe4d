/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressing pages: what is hard and what is easy to compress, one after the other. */
#include "recording_fixture.h"

#include "log/page_compressor.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define PAGES 64u

/* Fills pages of which a part is not zero, one byte in so many, with numbers below a limit. */
static void fill(struct ebb_buffer *pages, unsigned step, uint64_t limit, uint64_t *random)
{
    size_t i;

    ebb_buffer_clear(pages);
    assert_true(ebb_buffer_reserve(pages, PAGES * EBB_PAGE_SIZE));
    pages->size = PAGES * EBB_PAGE_SIZE;
    memset(pages->bytes, 0, pages->size);
    for (i = 0; i < pages->size; i += step) {
        pages->bytes[i] = (uint8_t)(fixture_random(random) % limit);
    }
}

/* Compresses pages, and sees that the same come out again; returns the size. */
static size_t compress(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    uint8_t *back = malloc(pages->size);
    size_t size;

    assert_non_null(back);
    assert_int_equal(ebb_page_compressor_run(compressor, pages, &payload, NULL), 0);
    size = payload.size;
    assert_int_equal(ZSTD_decompress(back, pages->size, payload.bytes, size), pages->size);
    assert_memory_equal(back, pages->bytes, pages->size);
    ebb_buffer_free(&payload);
    free(back);
    return size;
}

/* Pages that are mostly zeroes do not get larger because others were hard to compress. */
static void test_hard_and_easy(void **state)
{
    struct ebb_page_compressor *compressor = ebb_page_compressor_new(false);
    struct ebb_buffer hard = {NULL, 0, 0, false}, easy = {NULL, 0, 0, false};
    uint64_t random = 3;
    size_t hard_size, easy_size, i;

    (void)state;
    assert_non_null(compressor);
    fill(&hard, 1, 256, &random);
    fill(&easy, 40, 5, &random);
    easy_size = compress(compressor, &easy);
    assert_in_range(easy_size, 1, easy.size / 30);
    hard_size = compress(compressor, &hard);
    assert_in_range(hard_size, hard.size, ZSTD_compressBound(hard.size));
    for (i = 0; i < 3; i++) {
        compress(compressor, &easy); /* is the first, so taken for hard */
        assert_int_equal(compress(compressor, &easy), easy_size);
        assert_int_equal(compress(compressor, &hard), hard_size);
    }
    ebb_buffer_free(&hard);
    ebb_buffer_free(&easy);
    ebb_page_compressor_free(compressor);
}

/* Where time matters more than size, what follows hard pages is stored as it is, and easy pages are
 * found out to be easy after some groups. */
static void test_light(void **state)
{
    struct ebb_page_compressor *compressor = ebb_page_compressor_new(true);
    struct ebb_buffer hard = {NULL, 0, 0, false}, easy = {NULL, 0, 0, false};
    uint64_t random = 3;
    size_t easy_size, i;

    (void)state;
    assert_non_null(compressor);
    fill(&hard, 1, 256, &random);
    fill(&easy, 40, 5, &random);
    easy_size = compress(compressor, &easy);
    compress(compressor, &hard);
    assert_in_range(compress(compressor, &hard), hard.size, ZSTD_compressBound(hard.size));
    assert_in_range(compress(compressor, &easy), easy.size, ZSTD_compressBound(easy.size));
    for (i = 0; i < 16; i++) {
        compress(compressor, &easy);
    }
    assert_int_equal(compress(compressor, &easy), easy_size);
    ebb_buffer_free(&hard);
    ebb_buffer_free(&easy);
    ebb_page_compressor_free(compressor);
}

/* A group need not be full, nor one or two whole blocks of zstd's. */
static void test_stored_sizes(void **state)
{
    struct ebb_page_compressor *compressor = ebb_page_compressor_new(true);
    struct ebb_buffer hard = {NULL, 0, 0, false};
    uint64_t random = 5;
    static const size_t pages[] = {1, 32, 33, PAGES};
    size_t i;

    (void)state;
    assert_non_null(compressor);
    fill(&hard, 1, 256, &random);
    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        hard.size = pages[i] * EBB_PAGE_SIZE;
        compress(compressor, &hard);
        assert_in_range(compress(compressor, &hard), hard.size, hard.size + 15);
    }
    ebb_buffer_free(&hard);
    ebb_page_compressor_free(compressor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hard_and_easy),
        cmocka_unit_test(test_light),
        cmocka_unit_test(test_stored_sizes),
    };

    return cmocka_run_group_tests_name("log: page compressor", tests, NULL, NULL);
}
