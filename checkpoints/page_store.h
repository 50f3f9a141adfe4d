/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page store: the 4 KiB pages that checkpoints are made of, each kept once and counted.
 *
 * A page is named by a reference, a small number; equal pages have the same. Pages are immutable;
 * what is written again is another page. The page of zeroes is PAGE_STORE_ZERO, costs nothing and
 * is not counted. Pages that nobody looks at can be packed into less memory. A store and everything
 * built on it belong to one thread.
 */
#ifndef EBB_CHECKPOINTS_PAGE_STORE_H
#define EBB_CHECKPOINTS_PAGE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_STORE_PAGE_SIZE 4096u
#define PAGE_STORE_ZERO 0u
#define PAGE_STORE_FAILED UINT32_MAX

struct page_store;

/* NULL when there is no memory. */
struct page_store *page_store_new(void);

/* Frees the store; every page must have been released before. NULL is allowed. */
void page_store_free(struct page_store *store);

/*
 * Stores a copy of the page at data, unless an equal one is there, and returns a reference the
 * caller owns; PAGE_STORE_ZERO if it is all zeroes, PAGE_STORE_FAILED when there is no memory.
 */
uint32_t page_store_add(struct page_store *store, const void *data);

/* One more, or one fewer, owner of a page. The last release frees it. */
void page_store_take(struct page_store *store, uint32_t page);
void page_store_release(struct page_store *store, uint32_t page);

/* The bytes of a page; valid while somebody owns it and until page_store_pack(). One that is packed
 * is unpacked, and counted as such. */
const void *page_store_data(struct page_store *store, uint32_t page);

/* The number of owners of a page; 0 for PAGE_STORE_ZERO. */
uint32_t page_store_owners(const struct page_store *store, uint32_t page);

/*
 * Packs pages that were neither added nor looked at since the last time, then others, until the
 * store uses no more than wanted bytes, or what is not packed is no more than kept bytes, or
 * nothing gets smaller.
 */
void page_store_pack(struct page_store *store, uint64_t wanted, uint64_t kept);

/* Bytes that a page takes; 0 for PAGE_STORE_ZERO. */
uint64_t page_store_page_bytes(const struct page_store *store, uint32_t page);

/* Bytes in use: pages, packed or not, and what page_store_account() was told. */
uint64_t page_store_used(const struct page_store *store);

/* The number of pages in use. */
uint64_t page_store_page_count(const struct page_store *store);

/* Counts memory that belongs to pages but lives elsewhere (tree nodes): bytes, may be negative. */
void page_store_account(struct page_store *store, int64_t bytes);

#endif
