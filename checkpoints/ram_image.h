/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RAM image: the contents of all pages of a memory at one time. Images are copy-on-write
 * trees over a page store: a copy costs nothing, and two images that came from one another share
 * everything that did not change, so that their difference is found without looking at the rest.
 *
 * The same structure serves for any run of bytes cut into pages (CPU states). Images are counted;
 * one that has several owners must not be changed.
 */
#ifndef EBB_CHECKPOINTS_RAM_IMAGE_H
#define EBB_CHECKPOINTS_RAM_IMAGE_H

#include "page_store.h"

struct ram_image;

/* An image of page_count pages of zeroes, one owner. NULL when there is no memory. */
struct ram_image *ram_image_new(struct page_store *store, uint64_t page_count);

/* A new image with the same contents, one owner. NULL when there is no memory. */
struct ram_image *ram_image_copy(const struct ram_image *image);

struct ram_image *ram_image_take(struct ram_image *image); /* returns image */
void ram_image_release(struct ram_image *image);           /* NULL is allowed */

struct page_store *ram_image_store(const struct ram_image *image);
uint64_t ram_image_page_count(const struct ram_image *image);

/* The page with that number, as a reference the image owns. */
uint32_t ram_image_get(const struct ram_image *image, uint64_t number);

/* The bytes of that page, valid until the image changes or goes, or page_store_pack(). */
const void *ram_image_data(const struct ram_image *image, uint64_t number);

/*
 * Changes a page: to a copy of the 4 KiB at data (nothing happens if they are the same), or to a
 * page that is in the store already, which gets one more owner. Returns 0, or -1 when there is no
 * memory; the image is then unchanged.
 */
int ram_image_set(struct ram_image *image, uint64_t number, const void *data);
int ram_image_share(struct ram_image *image, uint64_t number, uint32_t page);

/*
 * Visits the pages in which two images of one store and size differ, in ascending order. A
 * non-zero return of visit ends the walk and is returned; else 0.
 */
typedef int (*ram_image_visitor)(void *opaque, uint64_t number, uint32_t page_a, uint32_t page_b);
int ram_image_diff(const struct ram_image *a, const struct ram_image *b, ram_image_visitor visit,
                   void *opaque);

/* Bytes that would be freed if this image went: pages and nodes nobody else owns. */
uint64_t ram_image_own_bytes(const struct ram_image *image);

#endif
