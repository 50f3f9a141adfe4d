/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's loop: reads a request, handles it, replies. */
#ifndef EBB_WORKER_LOOP_H
#define EBB_WORKER_LOOP_H

#include "worker.h"

/* Serves requests until the engine goes; does not return. */
void worker_loop_serve(CPUState *cpu);

#endif
