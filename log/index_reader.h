/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the index of an open log. Internal to log/. */
#ifndef EBB_LOG_INDEX_READER_H
#define EBB_LOG_INDEX_READER_H

#include "log_state.h"

/*
 * Reads the index of a log that is open otherwise, and puts its positions in the place of counts if
 * it can be used; else index_problem says why not.
 */
void ebb_index_reader_apply(struct ebb_log *log, const struct ebb_log_place *place);

/*
 * Gives events of a block, which are already there, the positions of the index; raw is the payload
 * of the block of positions. Returns NULL, or what is wrong with it.
 */
const char *ebb_index_reader_decode(const struct ebb_buffer *raw,
                                    const struct ebb_event_range *range, struct ebb_event *events);

#endif
