/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The anchors of an interval, as the log has them: places to go back to, since the registers were
 * right there. */
#ifndef EBB_REPLAY_RESOLVER_ANCHOR_LIST_H
#define EBB_REPLAY_RESOLVER_ANCHOR_LIST_H

#include "log/error.h"
#include "log/reader.h"

#include <stddef.h>
#include <stdint.h>

struct anchor_list {
    uint64_t first_event; /* of the interval */
    uint64_t *events;     /* their numbers, going up */
    size_t count;
    /* Between them: exits in the log, and known to be missing from it. */
    uint64_t exits, lost_exits;
};

/* Lists those from an interval's first event to before another one; the last of them if there are
 * very many events. */
int anchor_list_read(struct anchor_list *anchors, const struct ebb_log *log, uint64_t first_event,
                     uint64_t before, struct ebb_error *error);
void anchor_list_clear(struct anchor_list *anchors);

/* The event behind the anchor that is `back` anchors before event number; the interval's first one
 * if there are not so many. */
uint64_t anchor_list_event_behind(const struct anchor_list *anchors, uint64_t number, size_t back);

#endif
