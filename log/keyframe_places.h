/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the keyframes and page contents of a log are, found when it is opened. Internal to log/. */
#ifndef EBB_LOG_KEYFRAME_PLACES_H
#define EBB_LOG_KEYFRAME_PLACES_H

#include "log_state.h"

/* Finds them in the blocks of the keyframes file. */
int ebb_keyframe_places_find(struct ebb_log *log, struct ebb_error *error);

/* Keyframes behind the last event that is left cannot be reached: they are not offered. */
void ebb_keyframe_places_drop_unreachable(struct ebb_log *log);

void ebb_keyframe_places_free(struct ebb_log *log);

#endif
