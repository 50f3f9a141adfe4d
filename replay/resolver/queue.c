/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue.h"

#include <stdlib.h>
#include <time.h>

/*
 * Intervals that may be done before one in front of them is: per lane. While one lane repairs, the
 * others go on; the findings that wait meanwhile take memory. Not measured.
 */
#define AHEAD 4u

/* Nanoseconds to wait for a change: 20 times a second the progress is shown, which looks
 * continuous. */
#define MOMENT 50000000u

#define SECOND 1000000000u

int queue_init(struct queue *queue, uint64_t first, uint64_t last, unsigned lanes,
               struct ebb_error *error)
{
    pthread_condattr_t attributes;

    *queue = (struct queue){
        .next = first, .last = last, .taken_out = first, .window = (uint64_t)lanes * AHEAD};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    queue->ready = calloc(queue->window, sizeof(*queue->ready));
    queue->findings = calloc(queue->window, sizeof(*queue->findings));
    return queue->ready && queue->findings ? 0 : ebb_fail_memory(error);
}

void queue_free(struct queue *queue)
{
    for (uint64_t i = 0; queue->findings && i < queue->window; i++) {
        resolve_findings_free(&queue->findings[i]);
    }
    free(queue->findings);
    free(queue->ready);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
}

void queue_join(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->lanes++;
    pthread_mutex_unlock(&queue->lock);
}

void queue_leave(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->lanes--;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_take_interval(struct queue *queue, uint64_t *number)
{
    bool taken = false;

    pthread_mutex_lock(&queue->lock);
    while (!atomic_load(&queue->stopping) && queue->next <= queue->last &&
           queue->next - queue->taken_out >= queue->window) {
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    if (!atomic_load(&queue->stopping) && queue->next <= queue->last) {
        *number = queue->next++;
        taken = true;
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void queue_hand_in(struct queue *queue, uint64_t number, const struct resolve_findings *findings)
{
    pthread_mutex_lock(&queue->lock);
    queue->findings[number % queue->window] = *findings;
    queue->ready[number % queue->window] = true;
    if (findings->problem && number < queue->last) {
        queue->last = number;
    }
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

void queue_fail(struct queue *queue, const struct ebb_error *error)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->failed && !atomic_load(&queue->stopping)) {
        queue->failed = true;
        queue->error = *error;
    }
    atomic_store(&queue->stopping, true);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

/* The lock is held. */
static void wait_a_moment(struct queue *queue)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += MOMENT;
    if (until.tv_nsec >= SECOND) {
        until.tv_nsec -= SECOND;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
}

int queue_take_out(struct queue *queue, struct resolve_findings *findings, struct ebb_error *error)
{
    size_t slot;
    int status = 0;

    pthread_mutex_lock(&queue->lock);
    slot = queue->taken_out % queue->window;
    if (!queue->ready[slot] && !queue->failed) {
        wait_a_moment(queue);
    }
    if (queue->ready[slot]) {
        *findings = queue->findings[slot];
        queue->findings[slot] = (struct resolve_findings){0};
        queue->ready[slot] = false;
        queue->taken_out++;
        pthread_cond_broadcast(&queue->changed);
        status = 1;
    } else if (queue->failed) {
        *error = queue->error;
        status = -1;
    }
    pthread_mutex_unlock(&queue->lock);
    return status;
}

void queue_stop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    atomic_store(&queue->stopping, true);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_left(struct queue *queue)
{
    bool left;

    pthread_mutex_lock(&queue->lock);
    if (queue->lanes) {
        wait_a_moment(queue);
    }
    left = !queue->lanes;
    pthread_mutex_unlock(&queue->lock);
    return left;
}
