/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set is of what happens behind its first position up to, and with, the arrival at its last one;
 * what an instruction does at a position is in the set that begins there or before. So is what
 * intervals of a search or scan tell, which are cut in the same way.
 */
#include "page_sets.h"

void page_sets_put(struct timeline *timeline, struct ebb_page_set *sets, size_t count)
{
    ebb_page_sets_free(timeline->page_sets, timeline->page_set_count);
    timeline->page_sets = sets;
    timeline->page_set_count = count;
    timeline->page_sets_read = true;
}

/* Without memory there are none. */
static void read_once(struct timeline *timeline)
{
    struct ebb_page_set *sets;
    size_t count;

    if (!timeline->page_sets_read) {
        ebb_page_sets_read(timeline->log, &sets, &count, NULL);
        page_sets_put(timeline, sets, count);
    }
}

/* The set with from < position <= to, or NULL. */
static const struct ebb_page_set *set_before(const struct timeline *timeline, uint64_t position)
{
    size_t low = 0, high = timeline->page_set_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ebb_page_set *set = &timeline->page_sets[middle];

        if (position > set->to) {
            low = middle + 1;
        } else if (position <= set->from) {
            high = middle;
        } else {
            return set;
        }
    }
    return NULL;
}

static bool is_touched(const struct ebb_page_set *set, uint64_t address, uint64_t length)
{
    uint64_t page = address / EBB_PAGE_SIZE, last = (address + length - 1) / EBB_PAGE_SIZE;

    for (; page <= last; page++) {
        if (ebb_page_set_has(set, ebb_page_hash(page * EBB_PAGE_SIZE))) {
            return true;
        }
    }
    return false;
}

static bool may_hit(const struct ebb_page_set *set, const struct worker_breakpoint *breakpoint)
{
    switch (breakpoint->kind) {
    case WORKER_BREAK_EXECUTE:
        return is_touched(set, breakpoint->address, 1);
    case WORKER_WATCH_READ:
        break;
    case WORKER_WATCH_WRITE:
    case WORKER_WATCH_ACCESS:
    case WORKER_WATCH_CHANGE:
        if (set->flags & EBB_PAGE_SET_DEVICE_WRITES) {
            return true;
        }
        break;
    default:
        return true;
    }
    return !breakpoint->length || breakpoint->address + breakpoint->length < breakpoint->address ||
           is_touched(set, breakpoint->address, breakpoint->length);
}

static bool is_clear(const struct ebb_page_set *set, const struct breakpoint_list *breakpoints)
{
    if (!set || set->flags & EBB_PAGE_SET_UNKNOWN) {
        return false;
    }
    for (size_t i = 0; i < breakpoints->count; i++) {
        if (may_hit(set, &breakpoints->list[i])) {
            return false;
        }
    }
    return true;
}

/* How far back from a position all sets are clear, or none is. */
static uint64_t go_back(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                        uint64_t first, uint64_t to, bool clear)
{
    read_once(timeline);
    while (to > first) {
        const struct ebb_page_set *set = set_before(timeline, to);

        if (is_clear(set, breakpoints) != clear) {
            return to;
        }
        to = set ? set->from : first;
    }
    return first;
}

static uint64_t go_forward(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                           uint64_t from, uint64_t last, bool clear)
{
    read_once(timeline);
    while (from < last) {
        const struct ebb_page_set *set = set_before(timeline, from + 1);

        if (is_clear(set, breakpoints) != clear) {
            return from;
        }
        from = set ? set->to : last;
    }
    return last;
}

uint64_t page_sets_clear_since(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                               uint64_t first, uint64_t to)
{
    return go_back(timeline, breakpoints, first, to, true);
}

uint64_t page_sets_clear_until(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                               uint64_t from, uint64_t last)
{
    return go_forward(timeline, breakpoints, from, last, true);
}

uint64_t page_sets_unclear_since(struct timeline *timeline,
                                 const struct breakpoint_list *breakpoints, uint64_t first,
                                 uint64_t to)
{
    return go_back(timeline, breakpoints, first, to, false);
}

uint64_t page_sets_unclear_until(struct timeline *timeline,
                                 const struct breakpoint_list *breakpoints, uint64_t from,
                                 uint64_t last)
{
    return go_forward(timeline, breakpoints, from, last, false);
}
