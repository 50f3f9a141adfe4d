/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tally.h"

#include <stdlib.h>

#define ROOM_AT_FIRST 256u

static struct tally_entry *find(struct tally *tally, uint64_t key)
{
    size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 32);

    while (1) {
        struct tally_entry *entry = &tally->entries[at++ & (tally->room - 1)];

        if (entry->count == 0 || entry->key == key) {
            return entry;
        }
    }
}

static int grow(struct tally *tally, struct ebb_error *error)
{
    struct tally larger = {.room = tally->room ? 2 * tally->room : ROOM_AT_FIRST,
                           .count = tally->count};

    larger.entries = calloc(larger.room, sizeof(*larger.entries));
    if (!larger.entries) {
        return ebb_fail_memory(error);
    }
    for (size_t i = 0; i < tally->room; i++) {
        if (tally->entries[i].count) {
            *find(&larger, tally->entries[i].key) = tally->entries[i];
        }
    }
    free(tally->entries);
    *tally = larger;
    return 0;
}

int tally_add(struct tally *tally, uint64_t key, struct ebb_error *error)
{
    struct tally_entry *entry;

    if (2 * tally->count >= tally->room && grow(tally, error) < 0) {
        return -1;
    }
    entry = find(tally, key);
    tally->count += entry->count == 0;
    entry->key = key;
    entry->count++;
    return 0;
}

/* Free ones come last. */
static int compare(const void *a, const void *b)
{
    const struct tally_entry *first = a, *second = b;

    if (first->count != second->count) {
        return first->count > second->count ? -1 : 1;
    }
    return first->key < second->key ? -1 : first->key > second->key;
}

void tally_sort(struct tally *tally)
{
    if (tally->room) {
        qsort(tally->entries, tally->room, sizeof(*tally->entries), compare);
    }
}

void tally_free(struct tally *tally)
{
    free(tally->entries);
    *tally = (struct tally){0};
}
