/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page store: the 4 KiB pages that checkpoints are made of, each kept once and counted.
 *
 * A page is named by a reference, a small number. Pages are immutable; what is written again is a
 * new page. The page of zeroes is PAGE_STORE_ZERO, costs nothing and is not counted. A store and
 * everything built on it belong to one thread.
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
 * Stores a copy of the page at data and returns a reference the caller owns; PAGE_STORE_ZERO if it
 * is all zeroes, PAGE_STORE_FAILED when there is no memory.
 */
uint32_t page_store_add(struct page_store *store, const void *data);

/* One more, or one fewer, owner of a page. The last release frees it. */
void page_store_take(struct page_store *store, uint32_t page);
void page_store_release(struct page_store *store, uint32_t page);

/* The bytes of a page; valid while somebody owns it. */
const void *page_store_data(const struct page_store *store, uint32_t page);

/* The number of owners of a page; 0 for PAGE_STORE_ZERO. */
uint32_t page_store_owners(const struct page_store *store, uint32_t page);

/* Bytes in use: pages, and what page_store_account() was told. */
uint64_t page_store_used(const struct page_store *store);

/* The number of pages in use. */
uint64_t page_store_page_count(const struct page_store *store);

/* Counts memory that belongs to pages but lives elsewhere (tree nodes): bytes, may be negative. */
void page_store_account(struct page_store *store, int64_t bytes);

#endif
