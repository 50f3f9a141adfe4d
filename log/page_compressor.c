/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compression is most of what a keyframe costs, and under TCG it has the recording's second CPU, if
 * there is one, so it is tuned for speed. The figures are of the 85 MB of pages in a boot of Linux,
 * where level 1 takes 162 ms and leaves 26.2 MB:
 *
 * - matches of 7 bytes, found through a table that leaves room in the first cache: 140 ms, 27.4 MB;
 * - also bytes without a match as they are, not entropy-coded: 118 ms, 31.6 MB.
 *
 * The latter triples the size of pages that are mostly zeroes, without being any faster there. So
 * it is for pages that are hard to compress, as the ones before have been.
 *
 * Where there is one CPU only, what this takes is taken from the guest. There pages that are hard
 * to compress are stored as they are, which some of them tell of all: of a kernel's image that is
 * twice the size, for a fiftieth of the instructions. (To look through all of them with gaps took a
 * fifth, and saved 8 %.)
 */
#include "page_compressor.h"

#include "event.h"
#include "stored_frame.h"

#include <stdlib.h>
#include <zstd.h>

#define LEVEL 1
#define HASH_LOG 12 /* 16 KiB */
#define SHORTEST_MATCH 7

/* Pages are hard to compress if more than one in so many bytes is left. */
#define HARD_RATIO 8

/* Groups of pages that are taken for hard in a row, and, where time matters more than size, without
 * a look at one of so many pages. */
#define HARD_IN_A_ROW 16u
#define HARD_IN_A_ROW_LIGHT 8u
#define SAMPLE 16u

/* For zstd's strategy fast, a target length is to leave alone what has no match. */
#define HARD_LENGTH 1

struct ebb_page_compressor {
    ZSTD_CCtx *zstd;
    bool light;
    bool hard; /* the last pages were hard to compress */
    unsigned hard_in_a_row;
    struct ebb_buffer sample;
};

struct ebb_page_compressor *ebb_page_compressor_new(bool light)
{
    struct ebb_page_compressor *compressor = calloc(1, sizeof(*compressor));

    if (!compressor) {
        return NULL;
    }
    compressor->zstd = ZSTD_createCCtx();
    if (!compressor->zstd) {
        free(compressor);
        return NULL;
    }
    compressor->light = light;
    ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_strategy, ZSTD_fast);
    ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_hashLog, HASH_LOG);
    ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_minMatch, SHORTEST_MATCH);
    return compressor;
}

void ebb_page_compressor_free(struct ebb_page_compressor *compressor)
{
    if (compressor) {
        ZSTD_freeCCtx(compressor->zstd);
        ebb_buffer_free(&compressor->sample);
        free(compressor);
    }
}

static bool is_hard(size_t left, size_t size)
{
    return left > size / HARD_RATIO;
}

static int compress_pages(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages,
                          struct ebb_buffer *payload, struct ebb_error *error)
{
    size_t size;

    ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_targetLength,
                           compressor->hard ? HARD_LENGTH : 0);
    size = ZSTD_compress2(compressor->zstd, payload->bytes, payload->capacity, pages->bytes,
                          pages->size);
    if (ZSTD_isError(size)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot compress pages: %s",
                        ZSTD_getErrorName(size));
    }
    payload->size = size;
    return 0;
}

/* Compresses some of the pages into payload, to see whether they are hard to compress. */
static int try_some(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages,
                    struct ebb_buffer *payload, struct ebb_error *error)
{
    struct ebb_buffer *sample = &compressor->sample;
    size_t page;

    ebb_buffer_clear(sample);
    for (page = 0; page < pages->size; page += SAMPLE * EBB_PAGE_SIZE) {
        ebb_buffer_add(sample, pages->bytes + page, EBB_PAGE_SIZE);
    }
    if (sample->failed) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while compressing pages");
    }
    compressor->hard = false;
    if (compress_pages(compressor, sample, payload, error)) {
        return -1;
    }
    compressor->hard = is_hard(payload->size, sample->size);
    ebb_buffer_clear(payload);
    return 0;
}

/* Where time matters more than size. */
static int run_light(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages,
                     struct ebb_buffer *payload, struct ebb_error *error)
{
    if (compressor->hard && compressor->hard_in_a_row < HARD_IN_A_ROW_LIGHT) {
        compressor->hard_in_a_row++;
    } else {
        compressor->hard_in_a_row = 0;
        if (try_some(compressor, pages, payload, error)) {
            return -1;
        }
    }
    if (!compressor->hard) {
        return compress_pages(compressor, pages, payload, error);
    }
    ebb_stored_frame_add(payload, pages->bytes, pages->size);
    return 0;
}

int ebb_page_compressor_run(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages,
                            struct ebb_buffer *payload, struct ebb_error *error)
{
    ebb_buffer_clear(payload);
    if (!ebb_buffer_reserve(payload, ZSTD_compressBound(pages->size))) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while compressing pages");
    }
    if (compressor->light) {
        return run_light(compressor, pages, payload, error);
    }
    if (compress_pages(compressor, pages, payload, error)) {
        return -1;
    }
    compressor->hard_in_a_row = compressor->hard ? compressor->hard_in_a_row + 1 : 0;
    compressor->hard =
        is_hard(payload->size, pages->size) && compressor->hard_in_a_row < HARD_IN_A_ROW;
    return 0;
}
