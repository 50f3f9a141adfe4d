/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * The arena grows by chunks, so that references stay small numbers and pages never move. A chunk's
 * memory goes back to the system when none of its 4096 pages (16 MiB) is used any more: larger ones
 * would rarely get there, smaller ones take more calls of mmap(). The size is a guess.
 */
#define CHUNK_PAGES 4096u
#define CHUNK_SIZE ((size_t)CHUNK_PAGES * PAGE_STORE_PAGE_SIZE)

struct page_meta {
    uint32_t owners;
    uint32_t next_free; /* reference of the next free page; 0 ends the list */
};

struct chunk {
    uint8_t *pages;
    struct page_meta *meta;
    uint32_t used; /* pages with owners */
};

struct page_store {
    struct chunk *chunks;
    uint32_t chunk_count;
    uint32_t chunk_capacity;
    uint32_t free_list; /* reference of the first free page; 0: none */
    uint64_t page_count;
    uint64_t accounted;
};

static const uint8_t zero_page[PAGE_STORE_PAGE_SIZE];

struct page_store *page_store_new(void)
{
    return calloc(1, sizeof(struct page_store));
}

void page_store_free(struct page_store *store)
{
    if (!store) {
        return;
    }
    for (uint32_t i = 0; i < store->chunk_count; i++) {
        munmap(store->chunks[i].pages, CHUNK_SIZE);
        free(store->chunks[i].meta);
    }
    free(store->chunks);
    free(store);
}

/* Reference 0 is the page of zeroes, so page i of the arena has reference i + 1. */
static struct chunk *chunk_of(const struct page_store *store, uint32_t page)
{
    return &store->chunks[(page - 1) / CHUNK_PAGES];
}

static struct page_meta *meta_of(const struct page_store *store, uint32_t page)
{
    return &chunk_of(store, page)->meta[(page - 1) % CHUNK_PAGES];
}

static uint8_t *bytes_of(const struct page_store *store, uint32_t page)
{
    return chunk_of(store, page)->pages + (size_t)((page - 1) % CHUNK_PAGES) * PAGE_STORE_PAGE_SIZE;
}

static bool reserve_chunk_slot(struct page_store *store)
{
    uint32_t capacity = store->chunk_capacity ? 2 * store->chunk_capacity : 16;
    struct chunk *chunks;

    if (store->chunk_count < store->chunk_capacity) {
        return true;
    }
    if ((uint64_t)capacity * CHUNK_PAGES >= PAGE_STORE_FAILED) {
        return false;
    }
    chunks = realloc(store->chunks, capacity * sizeof(*chunks));
    if (!chunks) {
        return false;
    }
    store->chunks = chunks;
    store->chunk_capacity = capacity;
    return true;
}

static bool grow(struct page_store *store)
{
    struct chunk chunk = {0};
    uint32_t first;

    if (!reserve_chunk_slot(store)) {
        return false;
    }
    chunk.meta = calloc(CHUNK_PAGES, sizeof(*chunk.meta));
    if (!chunk.meta) {
        return false;
    }
    chunk.pages = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (chunk.pages == MAP_FAILED) {
        free(chunk.meta);
        return false;
    }
    first = store->chunk_count * CHUNK_PAGES + 1;
    for (uint32_t i = 0; i < CHUNK_PAGES; i++) {
        chunk.meta[i].next_free = i + 1 < CHUNK_PAGES ? first + i + 1 : store->free_list;
    }
    store->free_list = first;
    store->chunks[store->chunk_count++] = chunk;
    return true;
}

static bool is_zero(const uint8_t *data)
{
    return data[0] == 0 && memcmp(data, data + 1, PAGE_STORE_PAGE_SIZE - 1) == 0;
}

uint32_t page_store_add(struct page_store *store, const void *data)
{
    struct page_meta *meta;
    uint32_t page;

    if (is_zero(data)) {
        return PAGE_STORE_ZERO;
    }
    if (!store->free_list && !grow(store)) {
        return PAGE_STORE_FAILED;
    }
    page = store->free_list;
    meta = meta_of(store, page);
    store->free_list = meta->next_free;
    meta->owners = 1;
    chunk_of(store, page)->used++;
    store->page_count++;
    memcpy(bytes_of(store, page), data, PAGE_STORE_PAGE_SIZE);
    return page;
}

void page_store_take(struct page_store *store, uint32_t page)
{
    if (page != PAGE_STORE_ZERO) {
        meta_of(store, page)->owners++;
    }
}

void page_store_release(struct page_store *store, uint32_t page)
{
    struct page_meta *meta;
    struct chunk *chunk;

    if (page == PAGE_STORE_ZERO) {
        return;
    }
    meta = meta_of(store, page);
    if (--meta->owners) {
        return;
    }
    meta->next_free = store->free_list;
    store->free_list = page;
    store->page_count--;
    chunk = chunk_of(store, page);
    if (--chunk->used == 0) {
        /* Nobody needs the contents: give the memory back, keep the addresses. */
        madvise(chunk->pages, CHUNK_SIZE, MADV_DONTNEED);
    }
}

const void *page_store_data(const struct page_store *store, uint32_t page)
{
    return page == PAGE_STORE_ZERO ? zero_page : bytes_of(store, page);
}

uint32_t page_store_owners(const struct page_store *store, uint32_t page)
{
    return page == PAGE_STORE_ZERO ? 0 : meta_of(store, page)->owners;
}

uint64_t page_store_used(const struct page_store *store)
{
    return store->page_count * PAGE_STORE_PAGE_SIZE + store->accounted;
}

uint64_t page_store_page_count(const struct page_store *store)
{
    return store->page_count;
}

void page_store_account(struct page_store *store, int64_t bytes)
{
    store->accounted += (uint64_t)bytes;
}
