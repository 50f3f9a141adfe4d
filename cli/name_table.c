/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "name_table.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_AT_FIRST 64u

/* FNV-1a. */
uint32_t name_table_hash(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return hash;
}

/* Where a name is in the hash, or would be. */
static uint32_t *place_of(const struct name_table *table, const char *name)
{
    size_t at = name_table_hash(name) & (table->hash_size - 1);

    while (table->hash[at] && strcmp(table->names[table->hash[at] - 1], name) != 0) {
        at = (at + 1) & (table->hash_size - 1);
    }
    return &table->hash[at];
}

static int grow(struct name_table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : CAPACITY_AT_FIRST;
    char **names = realloc(table->names, capacity * sizeof(*names));
    uint32_t *hash = calloc(capacity * 2, sizeof(*hash));

    table->names = names ? names : table->names;
    if (!names || !hash) {
        free(hash);
        return -1;
    }
    free(table->hash);
    table->hash = hash;
    table->hash_size = capacity * 2;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++) {
        *place_of(table, names[i]) = (uint32_t)i + 1;
    }
    return 0;
}

long name_table_add(struct name_table *table, const char *name)
{
    uint32_t *place;
    char *copy;

    if (table->count == table->capacity && grow(table) < 0) {
        return -1;
    }
    place = place_of(table, name);
    if (*place) {
        return *place - 1;
    }
    copy = strdup(name);
    if (!copy) {
        return -1;
    }
    table->names[table->count++] = copy;
    *place = (uint32_t)table->count;
    return *place - 1;
}

void name_table_free(struct name_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->names[i]);
    }
    free(table->names);
    free(table->hash);
    *table = (struct name_table){0};
}
