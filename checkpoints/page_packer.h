/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packs single pages into less memory and unpacks them. Of one thread at a time. */
#ifndef EBB_CHECKPOINTS_PAGE_PACKER_H
#define EBB_CHECKPOINTS_PAGE_PACKER_H

#include <stdbool.h>
#include <stdint.h>

struct page_packer;

/* page_size: bytes. NULL when there is no memory. */
struct page_packer *page_packer_new(uint16_t page_size);
void page_packer_free(struct page_packer *packer); /* NULL is allowed */

/*
 * Returns a copy of the page in *size bytes, which the caller frees with free(). NULL if it would
 * not be much smaller, or when there is no memory.
 */
void *page_packer_pack(struct page_packer *packer, const void *page, uint16_t *size);

/* The page that was packed. It cannot fail: all memory that is needed was taken before. */
void page_packer_unpack(struct page_packer *packer, const void *packed, uint16_t size, void *page);

#endif
