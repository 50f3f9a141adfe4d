/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by numbers: each has that of when it was met first. */
#ifndef EBB_CLI_NAME_TABLE_H
#define EBB_CLI_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct name_table {
    char **names;
    size_t count, capacity;
    uint32_t *hash; /* of hash_size places: a name's number + 1 */
    size_t hash_size;
};

/* The number of a name, which is copied; one that is new has what `count` was. -1: out of memory.
 */
long name_table_add(struct name_table *table, const char *name);
void name_table_free(struct name_table *table);

/* The same for the same name, everywhere. */
uint32_t name_table_hash(const char *name);

#endif
