/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A runner: a lane's worker, which is replaced when it dies, and the pages of its checkpoints. One
 * thread uses it; the others ask where it is, and stop it.
 */
#ifndef EBB_REPLAY_RESOLVER_RUNNER_H
#define EBB_REPLAY_RESOLVER_RUNNER_H

#include "engine/replica.h"
#include "task.h"

#include <pthread.h>
#include <stdatomic.h>

struct runner {
    const struct task *task;
    const atomic_bool *stopping; /* set by others: no more is to be begun */
    struct page_store *store;
    struct replica replica;
    struct keyframe_ram loaded; /* the next keyframe takes from it what is the same */
    unsigned deaths;            /* of workers, since something was done */
    pthread_mutex_t *lock;
    struct worker_client *shown; /* protected by the lock: the replica's worker, while it lives */
};

int runner_open(struct runner *runner, const struct task *task, const atomic_bool *stopping,
                pthread_mutex_t *lock, struct ebb_error *error);
void runner_close(struct runner *runner);

/* Starts the worker, if there is none. */
int runner_start(struct runner *runner, struct ebb_error *error);

/* After a failure: true if the worker had died and was replaced, so that trying again helps. */
bool runner_recover(struct runner *runner, struct ebb_error *error);

/* For other threads, with the lock held. */
uint64_t runner_progress(const struct runner *runner); /* 0: no worker */
void runner_request_stop(struct runner *runner);

#endif
