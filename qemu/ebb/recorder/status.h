/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of JSON that say how far the recording is, about one a second. */
#ifndef EBB_RECORDER_STATUS_H
#define EBB_RECORDER_STATUS_H

#include "state.h"

/* From now on, if the user has asked for it. */
void recorder_status_start(struct recorder_session *session);

/* Writes a line out of turn. */
void recorder_status_write(struct recorder_session *session);

#endif
