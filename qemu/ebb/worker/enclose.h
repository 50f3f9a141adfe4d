/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walls around the worker: from here on the guest in it has the log, RAM and the engine. */
#ifndef EBB_WORKER_ENCLOSE_H
#define EBB_WORKER_ENCLOSE_H

#include "worker.h"

/* Everything that a worker opens is open. Where the system does not allow all of the walls, the
 * worker goes on with those that it has got: ebb has said so. */
void worker_enclose(const struct worker *worker);

#endif
