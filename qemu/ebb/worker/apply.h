/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events do to the machine: interrupt lines, devices' writes to RAM, the memory map. */
#ifndef EBB_WORKER_APPLY_H
#define EBB_WORKER_APPLY_H

#include "worker.h"

/* Applies an interrupt line, DMA, memory map or console event, which is the next. */
void worker_apply_event(struct worker *worker, const struct ebb_event *event);
/* Applies the events that come inside the synchronous one that the guest is causing, and goes
 * behind them. */
void worker_apply_nested(struct worker *worker, uint64_t position);

#endif
