/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replay and log disagree, or the log is damaged, which ends a run as well. */
#ifndef EBB_WORKER_DIVERGENCE_H
#define EBB_WORKER_DIVERGENCE_H

#include "worker.h"

/* Notes that they do at position, and stops the run; the format says what was met. After the first
 * time, nothing more is noted. */
void worker_diverge(struct worker *worker, uint64_t position, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Notes that the log cannot be read on from position, as message says, in the same way. */
void worker_meet_damage(struct worker *worker, uint64_t position, const char *message);

static inline bool worker_diverged(const struct worker *worker)
{
    return worker->report->len > 0;
}

#endif
