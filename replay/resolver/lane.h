/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lane: a thread that resolves one interval after the other, with a worker and a page store of
 * its own. */
#ifndef EBB_REPLAY_RESOLVER_LANE_H
#define EBB_REPLAY_RESOLVER_LANE_H

#include "queue.h"
#include "runner.h"

struct lane {
    struct queue *queue;
    struct runner runner;
    pthread_t thread;
    atomic_bool repairing; /* something did not fit and is being searched for */
    pthread_mutex_t lock;
    /* Protected by the lock. Counts: of the interval that is being resolved, how far it has been
     * got through, again and again maybe; and of those before it, how much they were. */
    uint64_t begin, end, farthest, finished;
};

/* Starts the thread, which ends by itself when the queue has no more for it. */
int lane_start(struct lane *lane, const struct task *task, struct queue *queue,
               struct ebb_error *error);
/* Lets the worker stop, if it is running; said again and again, since it may be about to begin. */
void lane_request_stop(struct lane *lane);
/* Waits for the thread's end. */
void lane_join(struct lane *lane);

/* How much of the recording it has got through, in counts; that never becomes less. */
uint64_t lane_progress(struct lane *lane);

#endif
