/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_table.h"

#include "format.h"

#include <stdlib.h>
#include <string.h>

void ebb_page_table_free(struct ebb_page_table *table)
{
    free(table->runs);
    memset(table, 0, sizeof(*table));
}

void ebb_page_table_append(struct ebb_page_table *table, uint64_t page, uint64_t count, uint64_t id)
{
    struct ebb_page_run *last = table->count ? &table->runs[table->count - 1] : NULL;

    if (last && last->page + last->count == page &&
        (last->id ? last->id + last->count == id : id == 0)) {
        last->count += count;
        return;
    }
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 16;
        struct ebb_page_run *runs = realloc(table->runs, capacity * sizeof(*runs));

        if (!runs) {
            table->failed = true;
            return;
        }
        table->runs = runs;
        table->capacity = capacity;
    }
    table->runs[table->count].page = page;
    table->runs[table->count].count = count;
    table->runs[table->count].id = id;
    table->count++;
}

/* Drops the pages below `page` from what is left of the runs. */
static void skip_below(const struct ebb_page_run **run, const struct ebb_page_run *end,
                       uint64_t *start, uint64_t page)
{
    while (*run < end && (*run)->page + (*run)->count <= page) {
        ++*run;
    }
    if (*run < end) {
        *start = (*run)->page > page ? (*run)->page : page;
    }
}

void ebb_page_table_overlay(struct ebb_page_table *result, const struct ebb_page_table *lower,
                            const struct ebb_page_table *upper)
{
    const struct ebb_page_run *low = lower->runs, *low_end = lower->runs + lower->count;
    const struct ebb_page_run *up = upper->runs, *up_end = upper->runs + upper->count;
    uint64_t start = low < low_end ? low->page : 0; /* first page of *low that is left */

    while (low < low_end || up < up_end) {
        if (up < up_end && (low == low_end || up->page <= start)) {
            ebb_page_table_append(result, up->page, up->count, up->id);
            skip_below(&low, low_end, &start, up->page + up->count);
            up++;
        } else {
            uint64_t end = low->page + low->count;

            if (up < up_end && up->page < end) {
                end = up->page;
            }
            ebb_page_table_append(result, start, end - start,
                                  low->id ? low->id + (start - low->page) : 0);
            skip_below(&low, low_end, &start, end);
        }
    }
    result->failed |= lower->failed || upper->failed;
}

void ebb_page_table_encode(const struct ebb_page_run *runs, size_t count,
                           struct ebb_buffer *payload)
{
    uint64_t page = 0, id = 0; /* what would continue the run before */
    size_t i;

    for (i = 0; i < count; i++) {
        ebb_buffer_add_varint(payload, runs[i].page - page);
        ebb_buffer_add_varint(payload, runs[i].count - 1);
        page = runs[i].page + runs[i].count;
        if (runs[i].id) {
            ebb_buffer_add_varint(payload, ebb_zigzag(runs[i].id - id) + 1);
            id = runs[i].id + runs[i].count;
        } else {
            ebb_buffer_add_varint(payload, 0);
        }
    }
}

const char *ebb_page_table_decode(struct ebb_page_table *table, const uint8_t *payload, size_t size,
                                  size_t count, uint64_t first_id, uint64_t last_id)
{
    struct ebb_span span = {payload, size, false};
    uint64_t next_page = 0, next_id = 0, lowest = 0;
    size_t i;

    if (table->count) {
        lowest = table->runs[table->count - 1].page + table->runs[table->count - 1].count;
    }
    for (i = 0; i < count; i++) {
        uint64_t gap = ebb_span_varint(&span), more = ebb_span_varint(&span);
        uint64_t code = ebb_span_varint(&span), page, id = 0;

        if (span.failed) {
            return "its runs are cut short";
        }
        if (gap >= EBB_MAX_PAGES - next_page || more >= EBB_MAX_PAGES - next_page - gap) {
            return "it names pages beyond the highest there can be";
        }
        page = next_page + gap;
        if (page < lowest) {
            return "its runs are out of order";
        }
        next_page = page + more + 1;
        if (code) {
            id = next_id + ebb_unzigzag(code - 1);
            if (id < first_id || id > last_id || more > last_id - id) {
                return "it names page contents that are not in the file";
            }
            next_id = id + more + 1;
        }
        ebb_page_table_append(table, page, more + 1, id);
    }
    if (span.left > 0) {
        return "it has bytes that belong to no run";
    }
    return table->failed ? "there is no memory to decode it" : NULL;
}
