/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining what was found out about a recording's intervals, on other machines maybe. */
#ifndef EBB_REPLAY_RESOLVER_RESOLVE_JOIN_H
#define EBB_REPLAY_RESOLVER_RESOLVE_JOIN_H

#include "log/error.h"
#include "resolve_part.h"
#include "resolve_result.h"

/*
 * Writes the index that resolve_recording() would have written, and fills *result as it would; the
 * seconds and workers are the sums of the parts'. The parts are in the order of their intervals and
 * have all of the recording's; what is behind an interval with a problem is not looked at. They may
 * be anybody's: EBB_ERROR_USAGE if they do not fit the recording, and nothing is written then. The
 * result is freed by resolve_result_free(), also after an error. Starts no worker.
 */
int resolve_join(const char *recording, const struct resolve_part *parts, size_t count,
                 struct resolve_result *result, struct ebb_error *error);

#endif
