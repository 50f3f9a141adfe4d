/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory map and its changes. */
#ifndef EBB_RECORDER_MAP_H
#define EBB_RECORDER_MAP_H

#include "log/event.h"
#include "state.h"

/* Around a recording. */
void recorder_map_start(struct recorder_session *session);
void recorder_map_stop(struct recorder_session *session);

/* The map as last logged. */
const struct ebb_memory_range *recorder_map_ranges(const struct recorder_session *session,
                                                   size_t *count);

/* Logs the whole map, unchanged, for readers that begin here. */
void recorder_map_append(struct recorder_session *session);

#endif
