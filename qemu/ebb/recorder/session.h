/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of the recording session: from the request for a recording to the end of its log. */
#ifndef EBB_RECORDER_SESSION_H
#define EBB_RECORDER_SESSION_H

#include "state.h"

/* Before all else; the settings are the caller's. */
void recorder_session_init(struct recorder_session *session);

/* Sees to it that a recording ends when the guest or QEMU does. */
void recorder_session_watch_end(struct recorder_session *session);

/* Opens the log; the vCPU thread starts recording as soon as it is between two runs. */
bool recorder_session_request(struct recorder_session *session, Error **errp);

/* It is there now: starts the recording, writes keyframes. With the BQL and the replay mutex. */
void recorder_session_between_runs(struct recorder_session *session);

/* The machine is about to be reset. */
void recorder_session_reset(struct recorder_session *session);

/* Writes the last keyframe and the end event, at position, and closes the log. */
void recorder_session_finish(struct recorder_session *session, enum ebb_end_reason reason,
                             uint64_t position);

/* The same where the vCPU is now, while the guest goes on: there may be another recording. */
void recorder_session_stop(struct recorder_session *session);

#endif
