/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a worker may work on a request without a sign of life. One in which a guest has broken
 * out, or that hangs for another reason, would keep the engine waiting for ever; one that replays
 * for a day counts up worker_control.signs all the while.
 *
 * What is counted is the CPU time that it uses, and the time in which it sleeps: not that in which
 * the system keeps it waiting for a CPU or a disk, or a debugger does.
 */
#ifndef EBB_ENGINE_WORKER_PATIENCE_H
#define EBB_ENGINE_WORKER_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct worker_patience {
    uint64_t limit;  /* nanoseconds; 0: there is none */
    uint64_t spent;  /* of them, since the request began or the last sign */
    uint64_t looked; /* ebb_clock_now() at the last look; 0: there was none yet */
    uint64_t cpu;    /* of the process then, in nanoseconds */
    uint32_t signs;
};

/* $EBB_PATIENCE, in seconds, else WORKER_PATIENCE_SECONDS. */
#define WORKER_PATIENCE_SECONDS 60
struct worker_patience worker_patience_new(void);

/* How often to look, in nanoseconds; 0: never. */
uint64_t worker_patience_interval(const struct worker_patience *patience);

/* A request begins. */
void worker_patience_renew(struct worker_patience *patience);

/* Looks at the process, whose last sign is that number; more often than at the interval it does
 * nothing. True if it has spent the patience. */
bool worker_patience_is_spent(struct worker_patience *patience, pid_t pid, uint32_t signs);

#endif
