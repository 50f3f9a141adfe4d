/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events on their way into the log: their positions, and whether they are nested in an access. */
#ifndef EBB_RECORDER_EVENTS_H
#define EBB_RECORDER_EVENTS_H

#include "state.h"

/* Appends an event that knows its position. */
void recorder_events_append(struct recorder_session *session, const struct ebb_event *event);

/* Appends what has come from outside: in the access that the vCPU is making, else at its place. */
void recorder_events_effect(struct recorder_session *session, struct ebb_event *event);

/* The same, as DMA events with the present contents of length bytes of RAM. */
void recorder_events_dma(struct recorder_session *session, uint64_t ram_offset, uint64_t length);

#endif
