/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyframe_state.h"

#include <stdlib.h>
#include <string.h>

void ebb_keyframe_state_free(struct ebb_keyframe_state *keyframe)
{
    ebb_job_free(keyframe->group);
    ebb_page_cache_free(&keyframe->contents);
    ebb_page_map_free(&keyframe->committed);
    ebb_page_map_free(&keyframe->before);
    free(keyframe->pending);
    memset(keyframe, 0, sizeof(*keyframe));
}

int ebb_keyframe_state_add(struct ebb_keyframe_state *keyframe, uint64_t page, uint64_t id,
                           struct ebb_error *error)
{
    if (keyframe->pending_count == keyframe->pending_capacity) {
        size_t capacity = keyframe->pending_capacity ? 2 * keyframe->pending_capacity : 256;
        struct ebb_pending_page *pending = realloc(keyframe->pending, capacity * sizeof(*pending));

        if (!pending) {
            return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the pages of a keyframe");
        }
        keyframe->pending = pending;
        keyframe->pending_capacity = capacity;
    }
    keyframe->pending[keyframe->pending_count].page = page;
    keyframe->pending[keyframe->pending_count].id = id;
    keyframe->pending_count++;
    return 0;
}

/* The end of the run of pages that begins there and does not go down. */
static size_t run_end(const struct ebb_pending_page *pending, size_t begin, size_t count)
{
    size_t end = begin + (begin < count);

    while (end < count && pending[end - 1].page <= pending[end].page) {
        end++;
    }
    return end;
}

/* Merges two runs, one behind the other; of a page in both that in the first one goes first. */
static void merge_runs(const struct ebb_pending_page *first, size_t first_count,
                       size_t second_count, struct ebb_pending_page *merged)
{
    const struct ebb_pending_page *second = first + first_count;
    size_t i = 0, j = 0;

    while (i < first_count || j < second_count) {
        bool take_first = j == second_count || (i < first_count && first[i].page <= second[j].page);

        *merged++ = take_first ? first[i++] : second[j++];
    }
}

/* Merges runs by twos; returns whether there is more than one left. */
static bool merge_all(const struct ebb_pending_page *pending, size_t count,
                      struct ebb_pending_page *merged)
{
    size_t begin = 0, runs = 0;

    while (begin < count) {
        size_t middle = run_end(pending, begin, count), end = run_end(pending, middle, count);

        merge_runs(pending + begin, middle - begin, end - middle, merged + begin);
        begin = end;
        runs++;
    }
    return runs > 1;
}

/* Of a page that was given more than once the last one counts. */
static void drop_earlier(struct ebb_keyframe_state *keyframe)
{
    struct ebb_pending_page *pending = keyframe->pending;
    size_t i, count = 0;

    for (i = 0; i < keyframe->pending_count; i++) {
        if (count > 0 && pending[count - 1].page == pending[i].page) {
            count--;
        }
        pending[count++] = pending[i];
    }
    keyframe->pending_count = count;
}

/* Sorts the given pages by number. They are few runs that go up: the vCPU waits for this. */
static int sort_pending(struct ebb_keyframe_state *keyframe, struct ebb_error *error)
{
    struct ebb_pending_page *from = keyframe->pending, *to;
    size_t count = keyframe->pending_count;
    bool more = run_end(from, 0, count) < count;

    if (more) {
        to = malloc(count * sizeof(*to));
        if (!to) {
            return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the pages of a keyframe");
        }
        keyframe->pending_capacity = count;
        while (more) {
            more = merge_all(from, count, to);
            keyframe->pending = to;
            to = from;
            from = keyframe->pending;
        }
        free(to);
    }
    drop_earlier(keyframe);
    return 0;
}

void ebb_keyframe_state_forget(struct ebb_keyframe_state *keyframe)
{
    keyframe->open = false;
    keyframe->pending_count = 0; /* what was added ahead has contents from before */
    ebb_page_cache_free(&keyframe->contents);
    /* With nothing committed since the base before, what there was before that one counts. */
    if (keyframe->committed.count > 0) {
        ebb_page_map_free(&keyframe->before);
        keyframe->before = keyframe->committed;
        memset(&keyframe->committed, 0, sizeof(keyframe->committed));
    }
}

/* Is page among the first count of the pending pages, which are sorted? */
static bool is_pending(const struct ebb_keyframe_state *keyframe, size_t count, uint64_t page)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (keyframe->pending[middle].page < page) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && keyframe->pending[low].page == page;
}

/*
 * At a base, pages that are not given are zeroes. Those that had contents before are named, so that
 * the tables are right also for a reader that comes from the keyframe before.
 */
static int add_vanished(struct ebb_keyframe_state *keyframe, struct ebb_error *error)
{
    size_t given = keyframe->pending_count, i;

    for (i = 0; i < keyframe->before.capacity; i++) {
        const struct ebb_page_map_entry *entry = &keyframe->before.entries[i];

        if (entry->used && entry->id && !is_pending(keyframe, given, entry->key.low) &&
            ebb_keyframe_state_add(keyframe, entry->key.low, 0, error)) {
            return -1;
        }
    }
    return keyframe->pending_count > given ? sort_pending(keyframe, error) : 0;
}

int ebb_keyframe_state_collect(struct ebb_keyframe_state *keyframe, struct ebb_page_table *changes,
                               struct ebb_error *error)
{
    size_t i;

    if (sort_pending(keyframe, error) || add_vanished(keyframe, error)) {
        return -1;
    }
    for (i = 0; i < keyframe->pending_count; i++) {
        const struct ebb_pending_page *pending = &keyframe->pending[i];
        struct ebb_page_hash key = {pending->page, 0};

        if (ebb_page_map_get(&keyframe->committed, key) == pending->id &&
            !ebb_page_map_get(&keyframe->before, key)) {
            continue;
        }
        ebb_page_table_append(changes, pending->page, 1, pending->id);
        if (changes->failed || !ebb_page_map_set(&keyframe->committed, key, pending->id)) {
            return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the pages of a keyframe");
        }
    }
    keyframe->pending_count = 0;
    ebb_page_map_free(&keyframe->before);
    return 0;
}
