/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page_packer.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* zstd's fastest level that is no negative one: packing happens while somebody waits. */
#define LEVEL 1
/* Quarters of a page. What stays larger is not worth the time that unpacking takes. */
#define WORTH_IT 3

struct page_packer {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
    uint16_t page_size, room_size;
    uint8_t room[];
};

struct page_packer *page_packer_new(uint16_t page_size)
{
    uint16_t room_size = page_size / 4 * WORTH_IT;
    struct page_packer *packer = calloc(1, sizeof(*packer) + room_size);

    if (!packer) {
        return NULL;
    }
    packer->page_size = page_size;
    packer->room_size = room_size;
    packer->compress = ZSTD_createCCtx();
    packer->decompress = ZSTD_createDCtx();
    if (!packer->compress || !packer->decompress) {
        page_packer_free(packer);
        return NULL;
    }
    return packer;
}

void page_packer_free(struct page_packer *packer)
{
    if (packer) {
        ZSTD_freeCCtx(packer->compress);
        ZSTD_freeDCtx(packer->decompress);
        free(packer);
    }
}

void *page_packer_pack(struct page_packer *packer, const void *page, uint16_t *size)
{
    size_t packed = ZSTD_compressCCtx(packer->compress, packer->room, packer->room_size, page,
                                      packer->page_size, LEVEL);
    void *copy = ZSTD_isError(packed) ? NULL : malloc(packed);

    if (copy) {
        memcpy(copy, packer->room, packed);
        *size = (uint16_t)packed;
    }
    return copy;
}

void page_packer_unpack(struct page_packer *packer, const void *packed, uint16_t size, void *page)
{
    size_t unpacked =
        ZSTD_decompressDCtx(packer->decompress, page, packer->page_size, packed, size);

    if (unpacked != packer->page_size) {
        abort(); /* what zstd made a moment ago has changed in memory */
    }
}
