/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checkpoint_set.h"

#include <stdlib.h>
#include <string.h>

/* The part of the budget below which pages are not packed: moves near the point of interest use the
 * same pages again and again. A guess. */
#define NOT_PACKED 4u

struct checkpoint_set {
    struct page_store *store;
    uint64_t budget;
    struct checkpoint **list; /* ascending positions */
    size_t count;
    size_t capacity;
};

struct checkpoint *checkpoint_new(uint64_t position, struct ram_image *ram, struct ram_image *state,
                                  size_t state_size)
{
    struct checkpoint *checkpoint = malloc(sizeof(*checkpoint));

    if (checkpoint) {
        checkpoint->position = position;
        checkpoint->ram = ram_image_take(ram);
        checkpoint->state = ram_image_take(state);
        checkpoint->state_size = state_size;
        checkpoint->owners = 1;
    }
    return checkpoint;
}

struct checkpoint *checkpoint_take(struct checkpoint *checkpoint)
{
    checkpoint->owners++;
    return checkpoint;
}

void checkpoint_release(struct checkpoint *checkpoint)
{
    if (checkpoint && --checkpoint->owners == 0) {
        ram_image_release(checkpoint->ram);
        ram_image_release(checkpoint->state);
        free(checkpoint);
    }
}

uint64_t checkpoint_own_bytes(const struct checkpoint *checkpoint)
{
    return ram_image_own_bytes(checkpoint->ram) + ram_image_own_bytes(checkpoint->state);
}

struct checkpoint_set *checkpoint_set_new(struct page_store *store, uint64_t budget)
{
    struct checkpoint_set *set = calloc(1, sizeof(*set));

    if (set) {
        set->store = store;
        set->budget = budget;
    }
    return set;
}

void checkpoint_set_free(struct checkpoint_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        checkpoint_release(set->list[i]);
    }
    free(set->list);
    free(set);
}

/* The number of checkpoints at or before position. */
static size_t count_before(const struct checkpoint_set *set, uint64_t position)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->list[middle]->position <= position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int checkpoint_set_insert(struct checkpoint_set *set, struct checkpoint *checkpoint)
{
    size_t at = count_before(set, checkpoint->position);

    if (at && set->list[at - 1]->position == checkpoint->position) {
        return 0;
    }
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 64;
        struct checkpoint **list = realloc(set->list, capacity * sizeof(struct checkpoint *));

        if (!list) {
            return -1;
        }
        set->list = list;
        set->capacity = capacity;
    }
    memmove(set->list + at + 1, set->list + at, (set->count - at) * sizeof(*set->list));
    set->list[at] = checkpoint_take(checkpoint);
    set->count++;
    return 0;
}

/* What the policy calls worth; number is not 0. */
static double worth(const struct checkpoint_set *set, size_t number, uint64_t point_of_interest)
{
    uint64_t position = set->list[number]->position;
    uint64_t previous = set->list[number - 1]->position;
    double distance = position < point_of_interest ? (double)(point_of_interest - position)
                                                   : (double)(position - point_of_interest);
    double gap;

    if (number + 1 < set->count) {
        gap = (double)(set->list[number + 1]->position - previous);
    } else {
        /* Nothing follows: what would have to be replayed again is at least the way up to here.
         * Twice that, as if the next one were as far away again, is a guess: less would give up the
         * newest of a run forward sooner, for older ones. Not measured. */
        gap = 2.0 * (double)(position - previous);
    }
    return gap / (distance + 1);
}

/* True if the checkpoint may go; `up_to` is how many there are up to the point of interest. */
static bool may_go(const struct checkpoint_set *set, size_t number, size_t up_to,
                   uint64_t point_of_interest, uint64_t near)
{
    return number > 0 && (number >= up_to || up_to - number > CHECKPOINT_SET_KEPT ||
                          point_of_interest - set->list[number]->position > near);
}

/* False if none may go. */
static bool evict_one(struct checkpoint_set *set, uint64_t point_of_interest, uint64_t near)
{
    size_t victim = 0, up_to = count_before(set, point_of_interest);
    double least = 0;

    for (size_t i = 1; i < set->count; i++) {
        if (may_go(set, i, up_to, point_of_interest, near)) {
            double value = worth(set, i, point_of_interest);

            if (!victim || value < least) {
                least = value;
                victim = i;
            }
        }
    }
    if (!victim) {
        return false;
    }
    checkpoint_release(set->list[victim]);
    set->count--;
    memmove(set->list + victim, set->list + victim + 1, (set->count - victim) * sizeof(*set->list));
    return true;
}

void checkpoint_set_evict(struct checkpoint_set *set, uint64_t point_of_interest, uint64_t near)
{
    page_store_pack(set->store, set->budget, set->budget / NOT_PACKED);
    while (page_store_used(set->store) > set->budget && evict_one(set, point_of_interest, near)) {
    }
}

size_t checkpoint_set_count(const struct checkpoint_set *set)
{
    return set->count;
}

uint64_t checkpoint_set_budget(const struct checkpoint_set *set)
{
    return set->budget;
}

struct checkpoint *checkpoint_set_at(const struct checkpoint_set *set, size_t number)
{
    return number < set->count ? set->list[number] : NULL;
}

struct checkpoint *checkpoint_set_before(const struct checkpoint_set *set, uint64_t position)
{
    size_t at = count_before(set, position);

    return at ? set->list[at - 1] : NULL;
}

struct checkpoint *checkpoint_set_after(const struct checkpoint_set *set, uint64_t position)
{
    size_t at = count_before(set, position);

    return at < set->count ? set->list[at] : NULL;
}
