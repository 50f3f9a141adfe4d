/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walls around the worker, in two steps: before it reads what a stranger has made, when all files
 * are open; and when it is set up, from where on the guest in it has the log, RAM and the engine.
 */
#ifndef EBB_WORKER_ENCLOSE_H
#define EBB_WORKER_ENCLOSE_H

#include "worker.h"

/* Everything that a worker opens is open. */
void worker_enclose_setup(struct worker *worker);

/* It has its threads and its memory files. Where the system does not allow all of the walls, the
 * worker goes on with those that it has got: ebb has said so. */
void worker_enclose(const struct worker *worker);

#endif
