/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder: only the newest part of a recording is kept. Now and then a keyframe becomes
 * a base, at which what is left may begin; when the newest part from a base on is long enough, what
 * is before that base goes.
 */
#ifndef EBB_RECORDER_FLIGHT_H
#define EBB_RECORDER_FLIGHT_H

#include "state.h"

/* Around a recording. */
void recorder_flight_start(struct recorder_session *session);
void recorder_flight_stop(struct recorder_session *session);

/* True if the next keyframe would become a base now, with all pages. */
bool recorder_flight_base_is_due(struct recorder_session *session);

/*
 * Before and after a keyframe, which may become a base: *whole is set if it has to have all pages
 * for that. False after recorder_state_fail().
 */
bool recorder_flight_keyframe_begin(struct recorder_session *session, bool *whole);
bool recorder_flight_keyframe_end(struct recorder_session *session, bool whole, uint64_t keyframe);

#endif
