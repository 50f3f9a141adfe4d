/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reaching a position without looking at breakpoints: timeline_seek(), and runs that meet none. */
#ifndef EBB_REPLAY_TIMELINE_SEEK_H
#define EBB_REPLAY_TIMELINE_SEEK_H

#include "state.h"

/* Reaches a position of the history, after move_begin(). */
int seek_to(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
            struct ebb_error *error);

#endif
