/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a move answers. Each returns 0. */
#ifndef EBB_REPLAY_TIMELINE_ANSWER_H
#define EBB_REPLAY_TIMELINE_ANSWER_H

#include "state.h"

/* Fills *stop for where the timeline is. */
int answer_here(struct timeline *timeline, enum timeline_stop_reason reason,
                struct timeline_stop *stop);
/* The same for a hit. */
int answer_hit(struct timeline *timeline, const struct worker_hit *hit, struct timeline_stop *stop);
/* At the last position: the end of the recording, or of what could be replayed. */
int answer_end(struct timeline *timeline, struct timeline_stop *stop);

#endif
