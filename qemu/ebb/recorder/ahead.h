/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading ahead: most pages of a keyframe are read, hashed and stored by a thread of their own
 * while the guest runs, so that the vCPU waits for little.
 *
 * Which pages are dirty is taken down, and they are watched again, while the vCPU is outside of the
 * guest. What is written to from then on is dirty at the keyframe itself, which reads it again; so
 * it does no harm that a page changes while it is read here.
 */
#ifndef EBB_RECORDER_AHEAD_H
#define EBB_RECORDER_AHEAD_H

#include "state.h"

/* Around a recording whose dirty pages are kept. */
void recorder_ahead_start(struct recorder_session *session);
void recorder_ahead_stop(struct recorder_session *session);

/*
 * Reads what is dirty now, while the vCPU is outside of the guest. More pages than few, if they are
 * fewer than many, are left to the thread: true, and it calls done(session) when they are stored as
 * well, so that whoever waits for the next ones does not share a CPU with that. *pages: how many.
 */
bool recorder_ahead_begin(struct recorder_session *session, uint64_t few, uint64_t many,
                          void (*done)(void *session), uint64_t *pages);

/* Waits until nothing is being read. False after recorder_state_fail(). */
bool recorder_ahead_wait(struct recorder_session *session);

#endif
