/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anchors: where KVM gave the CPU back. */
#ifndef EBB_WORKER_ANCHOR_H
#define EBB_WORKER_ANCHOR_H

#include "worker.h"

/* True if the CPU is where an anchor was taken, perhaps after a pending interrupt is taken. */
bool worker_anchor_is_here(struct worker *worker, const struct ebb_event *anchor);
/* What leaving the guest and entering it again does to its state. */
void worker_anchor_pass(struct worker *worker);

#endif
