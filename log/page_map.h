/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from 128-bit keys to stored page ids: from a content's hash to where it is stored, and
 * from a page number (high half 0) to what it held at the last keyframe. Internal to log/.
 */
#ifndef EBB_LOG_PAGE_MAP_H
#define EBB_LOG_PAGE_MAP_H

#include "format.h"

struct ebb_page_map_entry {
    struct ebb_page_hash key;
    uint64_t id;
    bool used;
};

struct ebb_page_map {
    struct ebb_page_map_entry *entries;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

void ebb_page_map_free(struct ebb_page_map *map);

/* The id under a key; 0 if there is none. */
uint64_t ebb_page_map_get(const struct ebb_page_map *map, struct ebb_page_hash key);

/* Sets the id of a key. False if there is no memory. */
bool ebb_page_map_set(struct ebb_page_map *map, struct ebb_page_hash key, uint64_t id);

/*
 * A map that forgets: what was used among the last limit keys is there, and at most twice as many
 * are. Zeroed it is empty.
 */
struct ebb_page_cache {
    struct ebb_page_map recent;
    struct ebb_page_map older; /* what was recent before */
};

void ebb_page_cache_free(struct ebb_page_cache *cache);

/* The id under a key, which counts as a use of it; 0 if there is none. */
uint64_t ebb_page_cache_get(struct ebb_page_cache *cache, size_t limit, struct ebb_page_hash key);

/* Sets the id of a key. Without memory it is forgotten at once. */
void ebb_page_cache_set(struct ebb_page_cache *cache, size_t limit, struct ebb_page_hash key,
                        uint64_t id);

#endif
