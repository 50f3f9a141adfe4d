/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trail: how a place in an interval was reached, as a chain of stretches from the interval's
 * beginning. Trails that begin alike share what they have in common, so that going back and trying
 * another way costs nothing.
 *
 * Positions are the worker's: they begin with the count of the interval's keyframe.
 */
#ifndef EBB_REPLAY_RESOLVER_TRAIL_H
#define EBB_REPLAY_RESOLVER_TRAIL_H

#include "checkpoints/checkpoint_set.h"
#include "decision.h"
#include "engine/worker_client_resolve.h"

struct trail_counts {
    uint64_t anchors, steps, ambiguous;
    uint64_t astray; /* exits that were not met (protocol/messages.h) */
};

/* The end of a stretch, and the stretch. Immutable but for its checkpoint. */
struct trail {
    struct trail *parent; /* where the stretch begins, owned; NULL: this is the beginning */
    unsigned owners;
    unsigned pins; /* whoever needs the checkpoint to stay */
    uint64_t position;
    uint64_t event_number; /* the next event */
    uint64_t last_event;   /* position of the one before; the beginning's if there is none */
    struct checkpoint *checkpoint;    /* NULL: thinned out */
    struct decision_list decisions;   /* those that took effect in the stretch */
    struct worker_exclusive *cleared; /* where exits cleared the exclusive monitor, owned */
    size_t cleared_count;
    uint8_t
        *packed; /* the events' positions: each one's distance (distance.h) from the event before */
    size_t packed_size;
    struct trail_counts counts; /* of the stretch */
};

/*
 * A new end, with one owner; it becomes one more owner of parent (NULL: none) and checkpoint. Of
 * the decisions those are kept that lie in the stretch. NULL and *error on failure: no memory, or
 * positions that go down.
 */
struct trail *trail_new(struct trail *parent, uint64_t position, uint64_t event_number,
                        struct checkpoint *checkpoint, struct ebb_error *error);
struct trail *trail_extend(struct trail *parent, const struct worker_client_resolution *resolution,
                           const struct decision_list *decisions, struct checkpoint *checkpoint,
                           struct ebb_error *error);
struct trail *trail_take(struct trail *trail); /* returns trail */
void trail_release(struct trail *trail);       /* NULL is allowed */

/* The nearest place on the way to trail, itself included, that has a checkpoint and is not behind
 * event_number. The beginning always has one. */
struct trail *trail_restorable(struct trail *trail, uint64_t event_number);

/* Appends the decisions made between ancestor and trail. */
int trail_decisions(const struct trail *trail, const struct trail *ancestor,
                    struct decision_list *decisions);

/* Appends, as decisions, where exits cleared the exclusive monitor on the whole way to trail. */
int trail_cleared(const struct trail *trail, struct decision_list *decisions);

/* Sums over the whole trail. */
struct trail_counts trail_counts(const struct trail *trail);

/* Drops checkpoints, the more the farther back, until the store uses no more than budget bytes or
 * only those of the beginning and the end are left. */
void trail_thin(struct trail *trail, const struct page_store *store, uint64_t budget);

/* The positions of the whole trail's events as one block for free(); the first one's distance is
 * from the beginning. */
uint8_t *trail_pack(const struct trail *trail, size_t *size);

#endif
