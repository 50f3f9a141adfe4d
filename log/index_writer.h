/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a KVM recording: what resolving its log has found out, in the file `index` beside
 * the log. ebb_log_open() reads it and puts exact positions in the place of counts, so that a
 * resolved recording looks like any other. An index fits the very log it was made for: one that has
 * grown since, or lost its beginning or end, has to be resolved again.
 *
 * An index writer belongs to one thread. The file appears, complete, with ebb_index_commit().
 */
#ifndef EBB_LOG_INDEX_WRITER_H
#define EBB_LOG_INDEX_WRITER_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

struct ebb_log;
struct ebb_index_writer;

/* For a log opened with ebb_log_open_unresolved(), which must stay open as long as the writer. */
struct ebb_index_writer *ebb_index_writer_create(const struct ebb_log *log,
                                                 struct ebb_error *error);
/* Frees the writer; without a commit before, nothing is left behind. */
void ebb_index_writer_free(struct ebb_index_writer *writer);

/* The positions of the next count events, from the log's first event on; they must not go down. */
int ebb_index_add_events(struct ebb_index_writer *writer, const uint64_t *positions, size_t count,
                         struct ebb_error *error);
/* The position of the next keyframe, from the log's first on; not below that of events before it.
 */
int ebb_index_add_keyframe(struct ebb_index_writer *writer, uint64_t position,
                           struct ebb_error *error);
/*
 * Before the instruction at position executes, the exclusive monitor is cleared: a store-exclusive
 * failed on the host for a reason that the guest cannot see. Positions go up.
 */
int ebb_index_add_exclusive_clear(struct ebb_index_writer *writer, uint64_t position,
                                  struct ebb_error *error);

/*
 * Writes the file, replacing an older one. If fewer events were added than the log has, resolving
 * could not go on there: the recording ends, for readers, before the first event that is missing,
 * at end_position, which was reached in good order; problem says in a few lines what is wrong (at
 * most EBB_MAX_PROBLEM bytes, else cut; ASCII). Otherwise problem is NULL and end_position that of
 * the last event or keyframe, and none may be missing. No event or keyframe may be behind
 * end_position. After an error the writer is to be freed.
 */
int ebb_index_commit(struct ebb_index_writer *writer, uint64_t end_position, const char *problem,
                     struct ebb_error *error);

#endif
