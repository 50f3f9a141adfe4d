/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the place of an anchor. */
#ifndef EBB_WORKER_RESOLVE_ANCHOR_H
#define EBB_WORKER_RESOLVE_ANCHOR_H

#include "worker.h"

/* Runs to where the anchor, which is the next event, was taken, and passes it. Returns 0, or why
 * that is impossible (enum worker_resolve_reason). */
uint32_t worker_resolve_anchor_find(struct worker *worker, const struct ebb_event *anchor);

#endif
