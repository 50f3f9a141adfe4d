/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gaps.h"

#include <string.h>

/* How many gaps are before position. */
static size_t count_before(const struct timeline *timeline, uint64_t position)
{
    size_t count = timeline->gap_count;

    while (count > 0 && timeline->gaps[count - 1] >= position) {
        count--;
    }
    return count;
}

/* There is no more than one behind each keyframe, and so room for all; but for those that a worker
 * makes up. */
static void add(struct timeline *timeline, uint64_t position)
{
    size_t i = count_before(timeline, position), behind = timeline->gap_count - i;

    if (timeline->gap_count >= timeline->gap_capacity ||
        (behind && timeline->gaps[i] == position)) {
        return;
    }
    memmove(timeline->gaps + i + 1, timeline->gaps + i, behind * sizeof(*timeline->gaps));
    timeline->gaps[i] = position;
    timeline->gap_count++;
    timeline->damage_met++;
}

bool gaps_note(struct timeline *timeline, uint64_t position)
{
    size_t count = timeline->keyframe_count;

    if (!timeline->damaged || !count || timeline->keyframes[count - 1].position <= position) {
        return false;
    }
    add(timeline, position);
    return true;
}

uint64_t gaps_behind_last(const struct timeline *timeline, uint64_t position)
{
    size_t before = count_before(timeline, position);

    return before ? timeline->gaps[before - 1] + 1 : 0;
}
