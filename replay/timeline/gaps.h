/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged places of the log: where one was met, no state up to it leads to one behind it. */
#ifndef EBB_REPLAY_TIMELINE_GAPS_H
#define EBB_REPLAY_TIMELINE_GAPS_H

#include "state.h"

/* Notes that nothing leads from position on, where a replay has met damage, but keyframes behind
 * it. False if there are none, or it is not damage that was met. */
bool gaps_note(struct timeline *timeline, uint64_t position);
/* The first position behind the last gap before position; 0: none was met. */
uint64_t gaps_behind_last(const struct timeline *timeline, uint64_t position);

#endif
