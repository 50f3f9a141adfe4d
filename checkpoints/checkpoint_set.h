/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checkpoints, and the set of them that is kept.
 *
 * A checkpoint is the whole state at one position: RAM and an opaque CPU state. The set is ordered
 * by position and keeps within a budget of bytes.
 *
 * What is too much is packed first: a checkpoint whose pages are packed still saves the way to it.
 *
 * Policy. What a checkpoint is worth is the way it saves: without it, the gap between its
 * neighbours has to be replayed from the earlier one. How much a long way matters depends on how
 * likely somebody is to go there, and people go near where they are: a gap hurts in proportion to
 * its length, and the less the farther away from the point of interest it is. So the one evicted
 * is that with the smallest
 *
 *     gap between its neighbours / distance from the point of interest,
 *
 * which leaves checkpoints whose spacing grows in proportion to the distance: dense here, thin far
 * away, wherever "here" moves. Among equals the earliest goes. The first checkpoint of the set is
 * never evicted: every position after it stays reachable. Nor are the last ones before the point of
 * interest, if they are near: what they have of their own is what the guest writes in a short time,
 * and without them a single step back would replay everything, however little the budget is.
 */
#ifndef EBB_CHECKPOINTS_CHECKPOINT_SET_H
#define EBB_CHECKPOINTS_CHECKPOINT_SET_H

#include "ram_image.h"

#include <stddef.h>

struct checkpoint {
    uint64_t position; /* instructions */
    struct ram_image *ram;
    struct ram_image *state; /* the CPU state's bytes, cut into pages, the last one padded */
    size_t state_size;       /* bytes */
    unsigned owners;
};

/* A checkpoint with one owner; it becomes one more owner of the images. NULL: no memory. */
struct checkpoint *checkpoint_new(uint64_t position, struct ram_image *ram, struct ram_image *state,
                                  size_t state_size);
struct checkpoint *checkpoint_take(struct checkpoint *checkpoint); /* returns checkpoint */
void checkpoint_release(struct checkpoint *checkpoint);            /* NULL is allowed */

/* Bytes that only this checkpoint uses. */
uint64_t checkpoint_own_bytes(const struct checkpoint *checkpoint);

struct checkpoint_set;

/* A set that keeps the store's use within budget bytes. NULL when there is no memory. */
struct checkpoint_set *checkpoint_set_new(struct page_store *store, uint64_t budget);
void checkpoint_set_free(struct checkpoint_set *set);

/*
 * Adds a checkpoint and becomes one more owner of it. At a position that has one already nothing
 * happens: two checkpoints of one position are the same. Returns 0, or -1 without memory.
 */
int checkpoint_set_insert(struct checkpoint_set *set, struct checkpoint *checkpoint);

/* Packs pages, then evicts, until the store is within the budget, or only the first checkpoint is
 * left and the last CHECKPOINT_SET_KEPT up to the point of interest that are at most `near`
 * instructions before it.
 */
#define CHECKPOINT_SET_KEPT 4u
void checkpoint_set_evict(struct checkpoint_set *set, uint64_t point_of_interest, uint64_t near);

size_t checkpoint_set_count(const struct checkpoint_set *set);
uint64_t checkpoint_set_budget(const struct checkpoint_set *set);

/* By number, in ascending order of position; owned by the set, valid until it changes. */
struct checkpoint *checkpoint_set_at(const struct checkpoint_set *set, size_t number);

/* The last one at or before position, the first one after it; NULL if there is none. */
struct checkpoint *checkpoint_set_before(const struct checkpoint_set *set, uint64_t position);
struct checkpoint *checkpoint_set_after(const struct checkpoint_set *set, uint64_t position);

#endif
