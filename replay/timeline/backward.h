/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going backward. What happened is undone latest first. On the way from one state to the one
 * before it, these are met in this order:
 *
 *   1. a breakpoint the state stands on (not where the move begins),
 *   2. a device's write done on reaching the state,
 *   3. an access by the instruction before it, devices' writes inside that instruction included.
 *
 * That is the order of their moments, backward. All three are shown at the state itself, the last
 * two before they are undone. So a move that begins with 2 or 3 stops without having moved. gdb
 * then steps back over an access with its watchpoints removed; a device's write that was shown is
 * not shown again until the position has changed.
 */
#ifndef EBB_REPLAY_TIMELINE_BACKWARD_H
#define EBB_REPLAY_TIMELINE_BACKWARD_H

#include "search.h"
#include "state.h"

/* Goes where a search has led; if it found nothing, to position, for that reason. */
int backward_end(struct timeline *timeline, const struct search_result *found, uint64_t position,
                 enum timeline_stop_reason reason, struct timeline_stop *stop,
                 struct ebb_error *error);

#endif
