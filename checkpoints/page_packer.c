/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page_packer.h"

#include "page_store.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* zstd's fastest level that is no negative one: packing happens while somebody waits. */
#define LEVEL 1
/* Bytes. What stays larger is not worth the time that unpacking takes. */
#define WORTH_IT (PAGE_STORE_PAGE_SIZE / 4 * 3)

struct page_packer {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
    uint8_t room[WORTH_IT];
};

struct page_packer *page_packer_new(void)
{
    struct page_packer *packer = calloc(1, sizeof(*packer));

    if (!packer) {
        return NULL;
    }
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
    size_t packed = ZSTD_compressCCtx(packer->compress, packer->room, sizeof(packer->room), page,
                                      PAGE_STORE_PAGE_SIZE, LEVEL);
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
        ZSTD_decompressDCtx(packer->decompress, page, PAGE_STORE_PAGE_SIZE, packed, size);

    if (unpacked != PAGE_STORE_PAGE_SIZE) {
        abort(); /* what zstd made a moment ago has changed in memory */
    }
}
