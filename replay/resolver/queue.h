/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue: intervals for the lanes to take, in order, and their findings, which the thread that
 * resolves takes out in the same order. All functions may be called by any thread.
 */
#ifndef EBB_REPLAY_RESOLVER_QUEUE_H
#define EBB_REPLAY_RESOLVER_QUEUE_H

#include "log/error.h"
#include "resolve_findings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool stopping; /* read by runners */

    /* Protected by the lock. */
    unsigned lanes;     /* that are at work */
    uint64_t next;      /* keyframe number of the next interval to take */
    uint64_t last;      /* the last one of use */
    uint64_t taken_out; /* keyframe number of the next findings to take out */
    uint64_t window;    /* intervals between the two, at most */
    bool *ready;        /* by number modulo the window */
    struct resolve_findings *findings;
    bool failed;
    struct ebb_error error;
};

/* The intervals from first to last, for as many lanes; queue_free() is due in any case. */
int queue_init(struct queue *queue, uint64_t first, uint64_t last, unsigned lanes,
               struct ebb_error *error);
void queue_free(struct queue *queue);

/* A lane begins, and ends, its work. */
void queue_join(struct queue *queue);
void queue_leave(struct queue *queue);

/* The next interval's number, once there is room for its findings; false: there is none. */
bool queue_take_interval(struct queue *queue, uint64_t *number);
/* Behind an interval with a problem nothing is of use. Takes over the findings. */
void queue_hand_in(struct queue *queue, uint64_t number, const struct resolve_findings *findings);
/* All stop; the first error counts. */
void queue_fail(struct queue *queue, const struct ebb_error *error);

/* Waits a moment for the next findings in order: 1: here they are; 0: not yet; -1: it failed. */
int queue_take_out(struct queue *queue, struct resolve_findings *findings, struct ebb_error *error);

/* Lets lanes stop. */
void queue_stop(struct queue *queue);
/* Waits a moment for the lanes to end; true: they have. */
bool queue_is_left(struct queue *queue);

#endif
