/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running guest code to an exact moment. */
#ifndef EBB_WORKER_RUN_H
#define EBB_WORKER_RUN_H

#include "worker.h"

/* Sets the clockwork up; after the log was opened. */
void worker_run_init(struct worker *worker);
/* WORKER_RUN. */
int worker_run(struct worker *worker, const struct worker_run *run, struct worker_stop *stop,
               struct ebb_error *error);

#endif
