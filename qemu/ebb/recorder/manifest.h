/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: which machine this is, in a file that people can read. */
#ifndef EBB_RECORDER_MANIFEST_H
#define EBB_RECORDER_MANIFEST_H

#include "state.h"

/* Into the recording's directory; map.h has to be ready. False with *errp set. */
bool recorder_manifest_write(struct recorder_session *session, Error **errp);

/* The recording has ended: notes what has ended it, if a condition did (until.h). */
void recorder_manifest_finish(struct recorder_session *session);

#endif
