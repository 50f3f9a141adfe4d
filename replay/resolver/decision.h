/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A decision: something the worker is told because it does not find it by itself. */
#ifndef EBB_REPLAY_RESOLVER_DECISION_H
#define EBB_REPLAY_RESOLVER_DECISION_H

#include "protocol/messages.h"

#include <stddef.h>
#include <stdint.h>

struct decision {
    struct worker_override override;
    uint64_t pc; /* WORKER_CLEAR_EXCLUSIVE: of the store-exclusive */
};

struct decision_list {
    struct decision *list;
    size_t count;
};

extern const struct decision_list decision_none;

/* The exclusive monitor is cleared at a store-exclusive, so that it fails. */
struct decision decision_clear_exclusive(const struct worker_exclusive *exclusive);
/* An event is at this position. */
struct decision decision_place_event(uint64_t event, uint64_t position);
/* The exits among these events are left out. */
struct decision decision_skip_exits(uint64_t first_event, uint64_t until_event);

/* Appends one; returns -1 without memory. */
int decision_list_add(struct decision_list *decisions, const struct decision *decision);
/* For qsort() and bsearch(): by the position of what was decided. */
int decision_by_position(const void *a, const void *b);

#endif
