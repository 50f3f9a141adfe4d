/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page_store.h"

#include "page_packer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * The arena grows by chunks, so that references stay small numbers and pages never move. A chunk's
 * memory goes back to the system when none of its 4096 pages (16 MiB) is used any more: larger ones
 * would rarely get there, smaller ones take more calls of mmap(). The size is a guess.
 */
#define CHUNK_PAGES 4096u
#define CHUNK_SIZE ((size_t)CHUNK_PAGES * PAGE_STORE_PAGE_SIZE)

struct page_meta {
    uint64_t hash;
    void *packed; /* what the page is packed into; its bytes in the arena are then not used */
    uint32_t owners;
    uint32_t next; /* reference of the next page that is free, or in the bucket; 0 ends the list */
    uint16_t packed_size; /* bytes */
    bool is_recent;       /* added or looked at since it was last considered for packing */
    bool is_large;        /* packing does not make it smaller */
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
    uint32_t *buckets;  /* references of the first page of each hash; 0: none */
    uint32_t bucket_mask;
    struct page_packer *packer;
    bool pages_return; /* the system takes single pages back */
    uint32_t hand;     /* of all pages of the arena, the next one to be considered for packing */
    uint64_t page_count, packed_count, large_count;
    uint64_t packed_bytes;
    uint64_t accounted;
};

static const uint8_t zero_page[PAGE_STORE_PAGE_SIZE];

struct page_store *page_store_new(void)
{
    struct page_store *store = calloc(1, sizeof(*store));

    if (!store) {
        return NULL;
    }
    store->pages_return = sysconf(_SC_PAGESIZE) <= (long)PAGE_STORE_PAGE_SIZE;
    store->packer = page_packer_new(PAGE_STORE_PAGE_SIZE);
    if (!store->packer) {
        page_store_free(store);
        return NULL;
    }
    return store;
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
    free(store->buckets);
    page_packer_free(store->packer);
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

/* --- The table of pages by their hashes. --- */

static uint32_t *bucket_of(struct page_store *store, uint64_t hash)
{
    return &store->buckets[(uint32_t)hash & store->bucket_mask];
}

static void enter(struct page_store *store, uint32_t page)
{
    struct page_meta *meta = meta_of(store, page);
    uint32_t *bucket = bucket_of(store, meta->hash);

    meta->next = *bucket;
    *bucket = page;
}

static void leave(struct page_store *store, uint32_t page)
{
    uint32_t *link = bucket_of(store, meta_of(store, page)->hash);

    while (*link != page) {
        link = &meta_of(store, *link)->next;
    }
    *link = meta_of(store, page)->next;
}

/* Makes room for so many pages. Returns false when there is no memory. */
static bool grow_table(struct page_store *store, uint64_t pages)
{
    uint32_t *old = store->buckets, old_count = old ? store->bucket_mask + 1 : 0;
    uint32_t count = old_count ? old_count : CHUNK_PAGES;

    while (count < pages) {
        count *= 2;
    }
    if (count == old_count) {
        return true;
    }
    store->buckets = calloc(count, sizeof(*store->buckets));
    if (!store->buckets) {
        store->buckets = old;
        return false;
    }
    store->bucket_mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        for (uint32_t page = old[i], next; page; page = next) {
            next = meta_of(store, page)->next;
            enter(store, page);
        }
    }
    free(old);
    return true;
}

/* --- The arena. --- */

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

    if (!reserve_chunk_slot(store) ||
        !grow_table(store, ((uint64_t)store->chunk_count + 1) * CHUNK_PAGES)) {
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
        chunk.meta[i].next = i + 1 < CHUNK_PAGES ? first + i + 1 : store->free_list;
    }
    store->free_list = first;
    store->chunks[store->chunk_count++] = chunk;
    return true;
}

static bool is_zero(const uint8_t *data)
{
    return data[0] == 0 && memcmp(data, data + 1, PAGE_STORE_PAGE_SIZE - 1) == 0;
}

/* A page that is packed stays so. */
static bool has_bytes(struct page_store *store, uint32_t page, const void *data)
{
    const struct page_meta *meta = meta_of(store, page);
    uint8_t room[PAGE_STORE_PAGE_SIZE];
    const uint8_t *bytes = bytes_of(store, page);

    if (meta->packed) {
        page_packer_unpack(store->packer, meta->packed, meta->packed_size, room);
        bytes = room;
    }
    return memcmp(bytes, data, PAGE_STORE_PAGE_SIZE) == 0;
}

/* The page with these bytes; PAGE_STORE_ZERO if there is none. */
static uint32_t find(struct page_store *store, uint64_t hash, const void *data)
{
    uint32_t page = store->buckets ? *bucket_of(store, hash) : 0;

    for (; page; page = meta_of(store, page)->next) {
        if (meta_of(store, page)->hash == hash && has_bytes(store, page, data)) {
            return page;
        }
    }
    return PAGE_STORE_ZERO;
}

uint32_t page_store_add(struct page_store *store, const void *data)
{
    struct page_meta *meta;
    uint64_t hash;
    uint32_t page;

    if (is_zero(data)) {
        return PAGE_STORE_ZERO;
    }
    hash = XXH3_64bits(data, PAGE_STORE_PAGE_SIZE);
    page = find(store, hash, data);
    if (page) {
        meta_of(store, page)->owners++;
        return page;
    }
    if (!store->free_list && !grow(store)) {
        return PAGE_STORE_FAILED;
    }
    page = store->free_list;
    meta = meta_of(store, page);
    store->free_list = meta->next;
    *meta = (struct page_meta){.hash = hash, .owners = 1, .is_recent = true};
    enter(store, page);
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

/* What a page is packed into is needed no more. */
static void drop_packed(struct page_store *store, struct page_meta *meta)
{
    store->packed_count--;
    store->packed_bytes -= meta->packed_size;
    free(meta->packed);
    meta->packed = NULL;
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
    leave(store, page);
    if (meta->packed) {
        drop_packed(store, meta);
    }
    store->large_count -= meta->is_large;
    meta->next = store->free_list;
    store->free_list = page;
    store->page_count--;
    chunk = chunk_of(store, page);
    if (--chunk->used == 0) {
        /* Nobody needs the contents: give the memory back, keep the addresses. */
        madvise(chunk->pages, CHUNK_SIZE, MADV_DONTNEED);
    }
}

const void *page_store_data(struct page_store *store, uint32_t page)
{
    struct page_meta *meta;

    if (page == PAGE_STORE_ZERO) {
        return zero_page;
    }
    meta = meta_of(store, page);
    meta->is_recent = true;
    if (meta->packed) {
        page_packer_unpack(store->packer, meta->packed, meta->packed_size, bytes_of(store, page));
        drop_packed(store, meta);
    }
    return bytes_of(store, page);
}

/* --- Packing. --- */

static void pack(struct page_store *store, uint32_t page)
{
    struct page_meta *meta = meta_of(store, page);

    meta->packed = page_packer_pack(store->packer, bytes_of(store, page), &meta->packed_size);
    if (!meta->packed) {
        meta->is_large = true;
        store->large_count++;
        return;
    }
    store->packed_count++;
    store->packed_bytes += meta->packed_size;
    madvise(bytes_of(store, page), PAGE_STORE_PAGE_SIZE, MADV_DONTNEED);
}

static bool has_enough_packed(const struct page_store *store, uint64_t wanted, uint64_t kept)
{
    uint64_t not_packed = store->page_count - store->packed_count;

    return page_store_used(store) <= wanted || not_packed * PAGE_STORE_PAGE_SIZE <= kept ||
           not_packed == store->large_count;
}

void page_store_pack(struct page_store *store, uint64_t wanted, uint64_t kept)
{
    uint32_t all = store->chunk_count * CHUNK_PAGES;

    /* Where the system's pages are larger than ours they are not given back one by one, and packing
     * would only take more memory. */
    if (!store->pages_return) {
        return;
    }
    /* Twice around: what is recent the first time is not the second. */
    for (uint64_t i = 0; i < 2 * (uint64_t)all && !has_enough_packed(store, wanted, kept); i++) {
        uint32_t page = 1 + (store->hand = (store->hand + 1) % all);
        struct page_meta *meta = meta_of(store, page);

        if (meta->owners && !meta->packed && !meta->is_large && !meta->is_recent) {
            pack(store, page);
        }
        meta->is_recent = false;
    }
}

uint64_t page_store_page_bytes(const struct page_store *store, uint32_t page)
{
    const struct page_meta *meta = page == PAGE_STORE_ZERO ? NULL : meta_of(store, page);

    return !meta ? 0 : meta->packed ? meta->packed_size : PAGE_STORE_PAGE_SIZE;
}

uint32_t page_store_owners(const struct page_store *store, uint32_t page)
{
    return page == PAGE_STORE_ZERO ? 0 : meta_of(store, page)->owners;
}

uint64_t page_store_used(const struct page_store *store)
{
    return (store->page_count - store->packed_count) * PAGE_STORE_PAGE_SIZE + store->packed_bytes +
           store->accounted;
}

uint64_t page_store_page_count(const struct page_store *store)
{
    return store->page_count;
}

void page_store_account(struct page_store *store, int64_t bytes)
{
    store->accounted += (uint64_t)bytes;
}
