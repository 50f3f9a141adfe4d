/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving: the first replay of a recording made under KVM, which finds the positions that its
 * log has only counts and anchors for, and writes them into the index (log/index_writer.h).
 *
 * The intervals between keyframes are replayed by several workers at once. Each has to end in the
 * state that the next keyframe recorded, to the bit: this is the proof that every event was put
 * where it belongs. Where an interval cannot be replayed as it is, other places are tried for its
 * events, and store-exclusives that failed on the host (docs/nondeterminism.md).
 */
#ifndef EBB_REPLAY_RESOLVER_RESOLVER_H
#define EBB_REPLAY_RESOLVER_RESOLVER_H

#include "log/error.h"
#include "resolve_options.h"
#include "resolve_part.h"
#include "resolve_result.h"

/*
 * Resolves a recording and writes its index, replacing an older one. A recording that cannot be
 * resolved to its end is no error: result->problem says what is wrong, and the part before is as
 * good as any. After an error, or an end by the progress function (EBB_ERROR_INTERRUPTED), nothing
 * is written. The result is freed by resolve_result_free(), also after an error.
 */
int resolve_recording(const struct resolve_options *options, struct resolve_result *result,
                      struct ebb_error *error);

/*
 * Resolves some of a recording's intervals, one at least, and keeps what was found in *part instead
 * of writing an index: resolve_join() (resolve_join.h) does that once it has all parts. Neither
 * depends on which other intervals a part has. Behind an interval that cannot be resolved to its
 * end none is looked at. The part is freed by resolve_part_free(), also after an error.
 */
int resolve_intervals(const struct resolve_options *options, const struct resolve_range *range,
                      struct resolve_part *part, struct ebb_error *error);

#endif
