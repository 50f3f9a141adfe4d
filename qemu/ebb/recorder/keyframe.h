/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyframes: all of the guest's state at a position, from which a replay can start. */
#ifndef EBB_RECORDER_KEYFRAME_H
#define EBB_RECORDER_KEYFRAME_H

#include "state.h"

/* Around a recording; map.h has to be ready. */
void recorder_keyframe_start(struct recorder_session *session);
void recorder_keyframe_stop(struct recorder_session *session);

/*
 * Writes the present state as a keyframe at position; *number, unless NULL, receives its number.
 * False after recorder_state_fail().
 */
bool recorder_keyframe_write(struct recorder_session *session, uint64_t position, uint64_t *number);

/* One was written, and all events that belong to it: the guest goes on from there. */
void recorder_keyframe_go_on(struct recorder_session *session);

/* One is due (see below): the next one is written, or what takes long about it begun. */
void recorder_keyframe_make(struct recorder_session *session);

bool recorder_keyframe_is_due(const struct recorder_session *session);

#endif
