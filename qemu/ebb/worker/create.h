/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a worker out of a recording: RAM, CPU, log and hooks. */
#ifndef EBB_WORKER_CREATE_H
#define EBB_WORKER_CREATE_H

#include "worker.h"

/* Creates RAM, CPU and hooks; called by the machine. Exits with a message on failure. */
void worker_create(const struct worker_manifest *manifest, const struct worker_options *options);

#endif
