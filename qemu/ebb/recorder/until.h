/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends a recording, and QEMU, beside the guest itself: the conditions of the property until.
 * One is met by what the guest writes to its console, by its end, or by the time.
 */
#ifndef EBB_RECORDER_UNTIL_H
#define EBB_RECORDER_UNTIL_H

#include "qobject/qdict.h"
#include "state.h"

/* Reads the conditions, one to a line, in the place of those there are. */
bool recorder_until_set(struct recorder_session *session, const char *text, Error **errp);

/* A recording begins; manifest is its description. */
void recorder_until_start(struct recorder_session *session, const QDict *manifest);
void recorder_until_stop(struct recorder_session *session);

/* An event has been appended. */
void recorder_until_see(struct recorder_session *session, const struct ebb_event *event);

/* A condition is met: the recording is to end as soon as the vCPU is between two runs. */
bool recorder_until_is_met(const struct recorder_session *session);

/* The recording ends, as far as its caller knows for this reason; returns the true one. */
enum ebb_end_reason recorder_until_settle(struct recorder_session *session,
                                          enum ebb_end_reason reason);

/* Ends QEMU, also where the guest's own end would leave it paused. */
void recorder_until_shut_down(void);

/* The condition that is met, for people and programs; NULL: none is. */
QDict *recorder_until_describe(const struct recorder_session *session);

#endif
