/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyframe_tables.h"

#include <string.h>

/*
 * Which whole tables are remembered: on the way from one to a later one that is asked for, those
 * that halve what is left of the way, again and again. So who goes back from there finds a table
 * close by, and makes the one before it from that: a step back puts together the changes of as many
 * keyframes as the logarithm of their number on average, instead of all from the first one on.
 *
 * EBB_CACHED_TABLES are enough for that with millions of keyframes. A run takes 24 bytes: that is
 * 96 MB at most, beyond which only what is needed next is remembered.
 */
#define MOST_RUNS ((size_t)1 << 22)

/* Reads what one keyframe changed. */
static int load_changes(const struct ebb_log *log, uint64_t number, struct ebb_page_table *table,
                        struct ebb_error *error)
{
    const struct ebb_keyframe_place *place = &log->places[number - log->start.first_keyframe];
    struct ebb_buffer payload = {NULL, 0, 0, false};
    int status = 0;
    size_t i;

    for (i = place->first_table; i < place->block && !status; i++) {
        const struct ebb_block *block = &log->keyframes.blocks[i];
        const char *problem;

        status = ebb_input_read(&log->keyframes, block, &payload, error);
        if (status) {
            break;
        }
        problem = ebb_page_table_decode(table, payload.bytes, payload.size, block->count,
                                        log->start.first_page, place->last_id);
        if (problem) {
            status = ebb_input_corrupt(&log->keyframes, block->offset, problem, error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

/* Halving the range instead of adding one after the other bounds the work by the size of all
 * changes times the logarithm of their number. */
int ebb_keyframe_tables_changes(const struct ebb_log *log, uint64_t first, uint64_t last,
                                struct ebb_page_table *table, struct ebb_error *error)
{
    struct ebb_page_table lower = {NULL, 0, 0, false}, upper = {NULL, 0, 0, false};
    uint64_t middle = first + (last - first) / 2;
    int status;

    if (first == last) {
        return load_changes(log, first, table, error);
    }
    status = ebb_keyframe_tables_changes(log, first, middle, &lower, error);
    if (!status) {
        status = ebb_keyframe_tables_changes(log, middle + 1, last, &upper, error);
    }
    if (!status) {
        ebb_page_table_overlay(table, &lower, &upper);
        if (table->failed) {
            status = ebb_input_no_memory(&log->keyframes, error);
        }
    }
    ebb_page_table_free(&lower);
    ebb_page_table_free(&upper);
    return status;
}

/* --- Tables that are remembered; the mutex is held. --- */

static void forget_one(struct ebb_log_cache *cache, size_t i)
{
    cache->runs -= cache->tables[i].table.count;
    ebb_page_table_free(&cache->tables[i].table);
    cache->table_count--;
    memmove(cache->tables + i, cache->tables + i + 1,
            (cache->table_count - i) * sizeof(*cache->tables));
}

void ebb_keyframe_tables_forget(struct ebb_log_cache *cache)
{
    while (cache->table_count > 0) {
        forget_one(cache, cache->table_count - 1);
    }
}

/* Makes room for one more, and keeps number `keep`. Those farthest behind it are of no use to who
 * goes back; then those farthest before it go. */
static void make_room(struct ebb_log_cache *cache, size_t keep)
{
    while (cache->table_count == EBB_CACHED_TABLES ||
           (cache->table_count > 1 && cache->runs > MOST_RUNS)) {
        if (cache->table_count - 1 > keep) {
            forget_one(cache, cache->table_count - 1);
        } else {
            forget_one(cache, 0);
            keep--;
        }
    }
}

/* How many of the remembered tables are those of keyframes up to number. */
static size_t count_up_to(const struct ebb_log_cache *cache, uint64_t number)
{
    size_t count = 0;

    while (count < cache->table_count && cache->tables[count].number <= number) {
        count++;
    }
    return count;
}

static void insert(struct ebb_log_cache *cache, uint64_t number, struct ebb_page_table table)
{
    size_t before = count_up_to(cache, number);

    make_room(cache, before > 0 ? before - 1 : 0);
    before = count_up_to(cache, number);
    memmove(cache->tables + before + 1, cache->tables + before,
            (cache->table_count - before) * sizeof(*cache->tables));
    cache->tables[before].number = number;
    cache->tables[before].table = table;
    cache->table_count++;
    cache->runs += table.count;
}

/* Makes the table of a keyframe from the last remembered one before it, and remembers it. */
static int remember(const struct ebb_log *log, uint64_t number, struct ebb_error *error)
{
    struct ebb_log_cache *cache = log->cache;
    struct ebb_page_table changes = {NULL, 0, 0, false}, table = {NULL, 0, 0, false};
    size_t before = count_up_to(cache, number);
    uint64_t first = before > 0 ? cache->tables[before - 1].number + 1 : log->start.first_keyframe;
    int status = ebb_keyframe_tables_changes(log, first, number, &changes, error);

    if (!status && before > 0) {
        ebb_page_table_overlay(&table, &cache->tables[before - 1].table, &changes);
        ebb_page_table_free(&changes);
        changes = table;
        status = changes.failed ? ebb_input_no_memory(&log->keyframes, error) : 0;
    }
    if (status) {
        ebb_page_table_free(&changes);
        return -1;
    }
    insert(cache, number, changes);
    return 0;
}

/* The table of a keyframe, valid while the mutex is held; NULL after an error. */
static const struct ebb_page_table *find_table(const struct ebb_log *log, uint64_t number,
                                               struct ebb_error *error)
{
    struct ebb_log_cache *cache = log->cache;

    while (1) {
        size_t count = count_up_to(cache, number);
        uint64_t next = log->start.first_keyframe;

        if (count > 0) {
            next = cache->tables[count - 1].number + 1;
        }
        if (next == number + 1 && count > 0) {
            return &cache->tables[count - 1].table;
        }
        if (remember(log, next + (number - next + 1) / 2, error)) {
            return NULL;
        }
    }
}

int ebb_keyframe_tables_whole(const struct ebb_log *log, uint64_t number,
                              struct ebb_page_table *table, struct ebb_error *error)
{
    const struct ebb_page_table *found;
    size_t i;

    pthread_mutex_lock(&log->cache->mutex);
    found = find_table(log, number, error);
    for (i = 0; found && i < found->count; i++) {
        ebb_page_table_append(table, found->runs[i].page, found->runs[i].count, found->runs[i].id);
    }
    pthread_mutex_unlock(&log->cache->mutex);
    if (!found) {
        return -1;
    }
    return table->failed ? ebb_input_no_memory(&log->keyframes, error) : 0;
}

/* --- The way back. --- */

/* The part of *run that lies in the same run of a table, whose content's id is *id; *next is where
 * to look for it first, since runs are asked for in order. */
static uint64_t same_run(const struct ebb_page_table *table, const struct ebb_page_run *run,
                         size_t *next, uint64_t *id)
{
    const struct ebb_page_run *found;

    while (*next < table->count &&
           table->runs[*next].page + table->runs[*next].count <= run->page) {
        ++*next;
    }
    found = &table->runs[*next];
    *id = 0;
    if (*next == table->count || found->page >= run->page + run->count) {
        return run->count;
    }
    if (found->page > run->page) {
        return found->page - run->page;
    }
    *id = found->id ? found->id + (run->page - found->page) : 0;
    if (found->page + found->count - run->page < run->count) {
        return found->page + found->count - run->page;
    }
    return run->count;
}

/* Fills result with the pages of a table that are in pages, and zeroes for those that are not in
 * the table. */
static void pick(struct ebb_page_table *result, const struct ebb_page_table *table,
                 const struct ebb_page_table *pages)
{
    size_t next = 0, i;

    for (i = 0; i < pages->count; i++) {
        struct ebb_page_run rest = pages->runs[i];

        while (rest.count > 0) {
            uint64_t id, count = same_run(table, &rest, &next, &id);

            ebb_page_table_append(result, rest.page, count, id);
            rest.page += count;
            rest.count -= count;
        }
    }
}

int ebb_keyframe_tables_undone(const struct ebb_log *log, uint64_t number, uint64_t last,
                               struct ebb_page_table *table, struct ebb_error *error)
{
    struct ebb_page_table changes = {NULL, 0, 0, false};
    const struct ebb_page_table *found = NULL;

    if (!ebb_keyframe_tables_changes(log, number + 1, last, &changes, error)) {
        pthread_mutex_lock(&log->cache->mutex);
        found = find_table(log, number, error);
        if (found) {
            pick(table, found, &changes);
        }
        pthread_mutex_unlock(&log->cache->mutex);
    }
    ebb_page_table_free(&changes);
    if (!found) {
        return -1;
    }
    return table->failed ? ebb_input_no_memory(&log->keyframes, error) : 0;
}
