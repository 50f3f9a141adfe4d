/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WORKER_RESOLVE. */
#ifndef EBB_WORKER_RESOLVE_H
#define EBB_WORKER_RESOLVE_H

#include "worker.h"

int worker_resolve(struct worker *worker, const struct worker_resolve *request,
                   const struct worker_override *overrides, struct worker_resolved *resolved,
                   struct ebb_error *error);
/* What was found: positions of events; where exits cleared the exclusive monitor. */
const uint64_t *worker_resolve_positions(struct worker *worker);
const struct worker_exclusive *worker_resolve_cleared(struct worker *worker);

#endif
