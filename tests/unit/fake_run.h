/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WORKER_RUN, by the clockwork that ships. */
#ifndef EBB_FAKE_RUN_H
#define EBB_FAKE_RUN_H

#include "fake_worker.h"

void fake_run_init(struct fake_worker *worker, uint64_t end_position);
/* False if the worker cannot run there from where it is. */
bool fake_run(struct fake_worker *worker, const struct worker_run *run, struct worker_stop *stop);

/* Of the toy CPU a condition sees its registers, and RAM. */
bool fake_conditions_hold(struct fake_worker *worker, const uint8_t *bytes, size_t size);

/* What the toy CPU is about to execute. Its handlers have no stack, and do not nest. */
void fake_context(const struct fake_worker *worker, struct worker_context *context);

#endif
