/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_map.h"

#include <stdlib.h>
#include <string.h>

void ebb_page_map_free(struct ebb_page_map *map)
{
    free(map->entries);
    memset(map, 0, sizeof(*map));
}

/* The entry of a key, or the free one where it belongs. The map has at least one free entry. */
static struct ebb_page_map_entry *find(const struct ebb_page_map *map, struct ebb_page_hash key)
{
    size_t slot = ((key.low ^ key.high) * 0x9e3779b97f4a7c15ull >> 20) & (map->capacity - 1);

    while (map->entries[slot].used &&
           (map->entries[slot].key.low != key.low || map->entries[slot].key.high != key.high)) {
        slot = (slot + 1) & (map->capacity - 1);
    }
    return &map->entries[slot];
}

uint64_t ebb_page_map_get(const struct ebb_page_map *map, struct ebb_page_hash key)
{
    return map->capacity ? find(map, key)->id : 0;
}

static bool grow(struct ebb_page_map *map)
{
    struct ebb_page_map bigger = {NULL, map->capacity ? 2 * map->capacity : 1024, map->count};
    size_t i;

    bigger.entries = calloc(bigger.capacity, sizeof(*bigger.entries));
    if (!bigger.entries) {
        return false;
    }
    for (i = 0; i < map->capacity; i++) {
        if (map->entries[i].used) {
            *find(&bigger, map->entries[i].key) = map->entries[i];
        }
    }
    free(map->entries);
    *map = bigger;
    return true;
}

bool ebb_page_map_set(struct ebb_page_map *map, struct ebb_page_hash key, uint64_t id)
{
    struct ebb_page_map_entry *entry;

    if (2 * map->count >= map->capacity && !grow(map)) {
        return false;
    }
    entry = find(map, key);
    map->count += !entry->used;
    entry->used = true;
    entry->key = key;
    entry->id = id;
    return true;
}

void ebb_page_cache_free(struct ebb_page_cache *cache)
{
    ebb_page_map_free(&cache->recent);
    ebb_page_map_free(&cache->older);
}

void ebb_page_cache_set(struct ebb_page_cache *cache, size_t limit, struct ebb_page_hash key,
                        uint64_t id)
{
    if (cache->recent.count >= limit) {
        ebb_page_map_free(&cache->older);
        cache->older = cache->recent;
        memset(&cache->recent, 0, sizeof(cache->recent));
    }
    ebb_page_map_set(&cache->recent, key, id);
}

uint64_t ebb_page_cache_get(struct ebb_page_cache *cache, size_t limit, struct ebb_page_hash key)
{
    uint64_t id = ebb_page_map_get(&cache->recent, key);

    if (!id) {
        id = ebb_page_map_get(&cache->older, key);
        if (id) {
            ebb_page_cache_set(cache, limit, key, id);
        }
    }
    return id;
}
