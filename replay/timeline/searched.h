/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What earlier searches have told, so that the same question is not searched for again: history
 * does not change. The last ones are kept, each with the set of breakpoints that it was for.
 */
#ifndef EBB_REPLAY_TIMELINE_SEARCHED_H
#define EBB_REPLAY_TIMELINE_SEARCHED_H

#include "search.h"

/* Whether the timeline's set was searched before where the last hit between two moments would be;
 * then *result is what search_last_hit() would tell: a hit or nothing. */
bool searched_before(const struct timeline *timeline, struct moment from, struct moment to,
                     struct search_result *result);
/* Keeps what a search between two moments has told, if it took long and is the whole truth: of a
 * recording in which damage was met nothing is kept, and nothing for want of memory. */
void searched_keep(struct timeline *timeline, struct moment from, struct moment to,
                   const struct search_result *result);
void searched_forget_all(struct timeline *timeline);

#endif
