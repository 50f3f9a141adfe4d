/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_pages.h"

#include "recording_fixture.h"
#include "unit.h"

#include "log/page_sets.h"

#include <stdlib.h>

#define LONGEST 200u

static int compare(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return first < second ? -1 : first > second;
}

static void add_hash(struct ebb_page_set *set, uint64_t address)
{
    set->hashes[set->count++] = ebb_page_hash(address);
}

static void add_access(struct ebb_page_set *set, const struct toy_access *access)
{
    if (access->by_device) {
        set->flags |= EBB_PAGE_SET_DEVICE_WRITES;
    } else {
        add_hash(set, access->address);
        add_hash(set, access->address + access->length - 1);
    }
}

/* What happens on reaching a position is in the set that ends there, what an instruction does in
 * the one that begins there. */
static bool is_in(const struct ebb_page_set *set, const struct toy_access *access)
{
    return access->by_device && !access->nested
               ? set->from < access->position && access->position <= set->to
               : set->from <= access->position && access->position < set->to;
}

static void sort(struct ebb_page_set *set)
{
    uint32_t kept = 0;

    qsort(set->hashes, set->count, sizeof(*set->hashes), compare);
    for (uint32_t i = 0; i < set->count; i++) {
        if (i == 0 || set->hashes[i] != set->hashes[i - 1]) {
            set->hashes[kept++] = set->hashes[i];
        }
    }
    set->count = kept;
}

static void fill(struct ebb_page_set *set, const struct toy_history *history)
{
    size_t i = history->first_access[set->from];

    set->hashes = calloc(3 * LONGEST + 2 * (history->access_count - i) + 1, sizeof(*set->hashes));
    assert_non_null(set->hashes);
    for (uint64_t position = set->from; position < set->to; position++) {
        add_hash(set, history->states[position].pc);
    }
    for (; i < history->access_count && history->accesses[i].position <= set->to; i++) {
        if (is_in(set, &history->accesses[i])) {
            add_access(set, &history->accesses[i]);
        }
    }
    sort(set);
}

void toy_pages_write(const struct toy_history *history, const char *directory, uint64_t seed,
                     unsigned unknown)
{
    struct ebb_page_set *sets = calloc(history->length, sizeof(*sets));
    struct ebb_error error = {0};
    struct ebb_log *log = ebb_log_open(directory, &error);
    uint64_t from = 0;
    size_t count = 0;

    assert_non_null(sets);
    assert_non_null(log);
    while (from < history->length) {
        uint64_t left = history->length - from, length = 1 + fixture_random(&seed) % LONGEST;

        sets[count] =
            (struct ebb_page_set){.from = from, .to = from + (length < left ? length : left)};
        fill(&sets[count], history);
        if (unknown && fixture_random(&seed) % unknown == 0) {
            sets[count].flags |= EBB_PAGE_SET_UNKNOWN;
            sets[count].count = 0;
        }
        from = sets[count++].to;
    }
    if (ebb_page_sets_write(log, sets, count, &error)) {
        fail_msg("%s", error.message);
    }
    ebb_page_sets_free(sets, count);
    ebb_log_close(log);
}
