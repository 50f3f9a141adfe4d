/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diversions: timeline.h tells what they are. */
#ifndef EBB_REPLAY_TIMELINE_DIVERSION_H
#define EBB_REPLAY_TIMELINE_DIVERSION_H

#include "state.h"

/* Begins one here, if there is none yet. */
int diversion_begin(struct timeline *timeline, struct ebb_error *error);

#endif
