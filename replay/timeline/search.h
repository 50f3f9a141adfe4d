/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searching backward. History is cut into intervals, each beginning at a checkpoint or a
 * keyframe; they are searched from the latest to the earliest, by one replica or several at once.
 * Each interval is run forward once, the worker remembering the last hit. The latest interval that
 * has one gives the answer.
 *
 * The intervals grow with their distance from where the search began, until a start is a small part
 * of what one costs: what is near is found soon, and a search far back costs hardly more than to
 * replay once what it looks at. For the same reason it takes few checkpoints on its way.
 */
#ifndef EBB_REPLAY_TIMELINE_SEARCH_H
#define EBB_REPLAY_TIMELINE_SEARCH_H

#include "state.h"

struct search_result {
    enum { SEARCH_NOTHING, SEARCH_HIT, SEARCH_DIVERGED, SEARCH_INTERRUPTED } kind;
    struct worker_hit hit;
};
/* The last hit after the moment `from` and before the moment `to`, which is an arrival or settled.
 */
int search_last_hit(struct timeline *timeline, struct moment from, struct moment to,
                    struct search_result *result, struct ebb_error *error);

#endif
