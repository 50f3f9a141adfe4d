/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of history that are known to be without a hit, since no page was touched there that the
 * breakpoints are on: by the page sets (log/page_sets.h), if there are any. They are read when they
 * are first asked for.
 */
#ifndef EBB_REPLAY_TIMELINE_PAGE_SETS_H
#define EBB_REPLAY_TIMELINE_PAGE_SETS_H

#include "state.h"

/* The earliest position, but not below first, from which on there is no hit up to (settled) to. */
uint64_t page_sets_clear_since(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                               uint64_t first, uint64_t to);
/* The latest position, but not above last, up to which there is none from position from on. */
uint64_t page_sets_clear_until(struct timeline *timeline, const struct breakpoint_list *breakpoints,
                               uint64_t from, uint64_t last);
/* The latest position below to that something is known to be clear up to; first if there is none
 * behind that. */
uint64_t page_sets_unclear_since(struct timeline *timeline,
                                 const struct breakpoint_list *breakpoints, uint64_t first,
                                 uint64_t to);
/* The earliest position above from that something is known to be clear from; last if there is none
 * in front of that. */
uint64_t page_sets_unclear_until(struct timeline *timeline,
                                 const struct breakpoint_list *breakpoints, uint64_t from,
                                 uint64_t last);

/* Takes the place of the sets there are; owns the new ones. */
void page_sets_put(struct timeline *timeline, struct ebb_page_set *sets, size_t count);

#endif
