/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trail.h"

#include "distance.h"

#include <stdlib.h>
#include <string.h>

/*
 * Checkpoints that are thinned out stay apart by one part in so many of their distance from the
 * end, so going back by a distance replays at most that part of it again, and their number grows
 * with the logarithm of the interval's length only. It begins with many, and goes on with fewer and
 * fewer until the budget is kept. Not measured.
 */
#define THIN_SHARE 16u

struct trail *trail_new(struct trail *parent, uint64_t position, uint64_t event_number,
                        struct checkpoint *checkpoint, struct ebb_error *error)
{
    struct trail *trail = calloc(1, sizeof(*trail));

    if (!trail) {
        ebb_fail_memory(error);
        return NULL;
    }
    *trail = (struct trail){
        .parent = parent ? trail_take(parent) : NULL,
        .owners = 1,
        .position = position,
        .event_number = event_number,
        .last_event = position,
        .checkpoint = checkpoint_take(checkpoint),
    };
    return trail;
}

static int pack_positions(struct trail *trail, const struct worker_client_resolution *resolution,
                          struct ebb_error *error)
{
    uint64_t count = resolution->head.event_count;
    uint8_t *to = malloc(count * DISTANCE_MAX_BYTES + 1), *smaller;
    uint64_t least = trail->parent->position;

    if (!to) {
        return ebb_fail_memory(error);
    }
    trail->packed = to;
    trail->last_event = trail->parent->last_event;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t position = resolution->positions[i];

        if (position < least || position > trail->position) {
            return ebb_fail(error, EBB_ERROR_FAILED,
                            "a worker put event %llu where it cannot be; is it of the same build "
                            "as ebb?",
                            (unsigned long long)(trail->parent->event_number + i));
        }
        to = distance_pack(to, position - trail->last_event);
        trail->last_event = least = position;
    }
    trail->packed_size = (size_t)(to - trail->packed);
    smaller = realloc(trail->packed, trail->packed_size + 1);
    trail->packed = smaller ? smaller : trail->packed;
    return 0;
}

static bool in_stretch(const struct trail *trail, const struct decision *decision)
{
    if (decision->override.kind == WORKER_SKIP_EXITS) {
        return decision->override.event < trail->event_number &&
               decision->override.position > trail->parent->event_number;
    }
    if (decision->override.kind == WORKER_PLACE_EVENT) {
        return decision->override.event >= trail->parent->event_number &&
               decision->override.event < trail->event_number;
    }
    return decision->override.position >= trail->parent->position &&
           decision->override.position < trail->position;
}

static int keep_decisions(struct trail *trail, const struct decision_list *decisions,
                          struct ebb_error *error)
{
    for (size_t i = 0; i < decisions->count; i++) {
        if (in_stretch(trail, &decisions->list[i]) &&
            decision_list_add(&trail->decisions, &decisions->list[i])) {
            return ebb_fail_memory(error);
        }
    }
    return 0;
}

static int keep_cleared(struct trail *trail, const struct worker_client_resolution *resolution,
                        struct ebb_error *error)
{
    size_t count = resolution->head.clear_count;

    if (!count) {
        return 0;
    }
    trail->cleared = malloc(count * sizeof(*trail->cleared));
    if (!trail->cleared) {
        return ebb_fail_memory(error);
    }
    memcpy(trail->cleared, resolution->cleared, count * sizeof(*trail->cleared));
    trail->cleared_count = count;
    return 0;
}

struct trail *trail_extend(struct trail *parent, const struct worker_client_resolution *resolution,
                           const struct decision_list *decisions, struct checkpoint *checkpoint,
                           struct ebb_error *error)
{
    const struct worker_resolved *head = &resolution->head;
    struct trail *trail = trail_new(parent, head->position, head->event_number, checkpoint, error);

    if (!trail) {
        return NULL;
    }
    trail->counts = (struct trail_counts){
        .anchors = head->anchors,
        .steps = head->steps,
        .ambiguous = head->ambiguous,
        .astray = head->astray,
    };
    if (head->event_number != parent->event_number + head->event_count) {
        ebb_fail(error, EBB_ERROR_FAILED,
                 "a worker lost count of the events; is it of the same build as ebb?");
    } else if (pack_positions(trail, resolution, error) == 0 &&
               keep_decisions(trail, decisions, error) == 0 &&
               keep_cleared(trail, resolution, error) == 0) {
        return trail;
    }
    trail_release(trail);
    return NULL;
}

struct trail *trail_take(struct trail *trail)
{
    trail->owners++;
    return trail;
}

void trail_release(struct trail *trail)
{
    while (trail && --trail->owners == 0) {
        struct trail *parent = trail->parent;

        checkpoint_release(trail->checkpoint);
        free(trail->decisions.list);
        free(trail->cleared);
        free(trail->packed);
        free(trail);
        trail = parent;
    }
}

struct trail *trail_restorable(struct trail *trail, uint64_t event_number)
{
    while (trail->parent && (!trail->checkpoint || trail->event_number > event_number)) {
        trail = trail->parent;
    }
    return trail;
}

int trail_decisions(const struct trail *trail, const struct trail *ancestor,
                    struct decision_list *decisions)
{
    for (; trail != ancestor; trail = trail->parent) {
        for (size_t i = 0; i < trail->decisions.count; i++) {
            if (decision_list_add(decisions, &trail->decisions.list[i])) {
                return -1;
            }
        }
    }
    return 0;
}

int trail_cleared(const struct trail *trail, struct decision_list *decisions)
{
    for (; trail; trail = trail->parent) {
        for (size_t i = 0; i < trail->cleared_count; i++) {
            struct decision decision = decision_clear_exclusive(&trail->cleared[i]);

            if (decision_list_add(decisions, &decision)) {
                return -1;
            }
        }
    }
    return 0;
}

struct trail_counts trail_counts(const struct trail *trail)
{
    struct trail_counts sum = {0};

    for (; trail; trail = trail->parent) {
        sum.anchors += trail->counts.anchors;
        sum.steps += trail->counts.steps;
        sum.ambiguous += trail->counts.ambiguous;
        sum.astray += trail->counts.astray;
    }
    return sum;
}

void trail_thin(struct trail *trail, const struct page_store *store, uint64_t budget)
{
    uint64_t end = trail->position;

    for (unsigned share = THIN_SHARE; page_store_used(store) > budget && share; share /= 2) {
        uint64_t kept = end;

        for (struct trail *at = trail->parent; at && at->parent; at = at->parent) {
            if (at->checkpoint && !at->pins && kept - at->position < (end - at->position) / share) {
                checkpoint_release(at->checkpoint);
                at->checkpoint = NULL;
            } else if (at->checkpoint) {
                kept = at->position;
            }
        }
    }
}

uint8_t *trail_pack(const struct trail *trail, size_t *size)
{
    uint8_t *packed, *end;

    *size = 0;
    for (const struct trail *at = trail; at; at = at->parent) {
        *size += at->packed_size;
    }
    packed = malloc(*size + 1);
    if (!packed) {
        return NULL;
    }
    end = packed + *size;
    for (const struct trail *at = trail; at->parent; at = at->parent) {
        end -= at->packed_size;
        memcpy(end, at->packed, at->packed_size);
    }
    return packed;
}
