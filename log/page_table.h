/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables: which page has which stored content, as runs sorted by page. Content is named by its
 * id: 1 for the first page stored in the keyframes file, 2 for the second and so on; 0 stands for a
 * page of zeroes. A table may be a whole one or a change to another. Internal to log/.
 */
#ifndef EBB_LOG_PAGE_TABLE_H
#define EBB_LOG_PAGE_TABLE_H

#include "buffer.h"

/* Pages page to page + count - 1 have the contents id to id + count - 1, or are all zeroes. */
struct ebb_page_run {
    uint64_t page;
    uint64_t count;
    uint64_t id;
};

struct ebb_page_table {
    struct ebb_page_run *runs;
    size_t count;
    size_t capacity;
    bool failed; /* out of memory */
};

void ebb_page_table_free(struct ebb_page_table *table);

/* Adds pages above all that are in the table; joins them to the last run if they continue it. */
void ebb_page_table_append(struct ebb_page_table *table, uint64_t page, uint64_t count,
                           uint64_t id);

/* Fills the empty table result with lower as changed by upper. */
void ebb_page_table_overlay(struct ebb_page_table *result, const struct ebb_page_table *lower,
                            const struct ebb_page_table *upper);

/* Appends count runs in the form of a table block's payload. */
void ebb_page_table_encode(const struct ebb_page_run *runs, size_t count,
                           struct ebb_buffer *payload);

/*
 * Appends the count runs of a payload to a table. Every id must be one of first_id to last_id.
 * Returns NULL, or what is wrong with the bytes.
 */
const char *ebb_page_table_decode(struct ebb_page_table *table, const uint8_t *payload, size_t size,
                                  size_t count, uint64_t first_id, uint64_t last_id);

#endif
