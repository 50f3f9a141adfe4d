/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lane.h"

#include "interval_resolve.h"

#include "log/thread.h"

#include <string.h>

/* The counts between which an interval lies, for showing how far it is. */
static void set_bounds(struct lane *lane, uint64_t number)
{
    const struct task *task = lane->runner.task;
    struct ebb_keyframe keyframe;
    uint64_t begin = 0, end = task->summary.end_position;

    if (ebb_log_keyframe(task->log, number, &keyframe, NULL) == 0) {
        begin = keyframe.position;
    }
    if (number + 1 < task->summary.keyframe_count &&
        ebb_log_keyframe(task->log, number + 1, &keyframe, NULL) == 0) {
        end = keyframe.position;
    }
    pthread_mutex_lock(&lane->lock);
    lane->begin = begin;
    lane->end = end;
    lane->farthest = begin;
    pthread_mutex_unlock(&lane->lock);
}

/* To be called before it is handed in: others then see that it is done. */
static void finish_interval(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    lane->finished += lane->end - lane->begin;
    lane->begin = lane->farthest = lane->end;
    pthread_mutex_unlock(&lane->lock);
}

static void *run(void *opaque)
{
    struct lane *lane = opaque;
    struct resolve_findings findings;
    struct ebb_error error = {0};
    uint64_t number;

    while (queue_take_interval(lane->queue, &number)) {
        set_bounds(lane, number);
        if (interval_resolve(&lane->runner, number, &lane->repairing, &findings, &error)) {
            queue_fail(lane->queue, &error);
            break;
        }
        finish_interval(lane);
        queue_hand_in(lane->queue, number, &findings);
    }
    runner_close(&lane->runner);
    queue_leave(lane->queue);
    return NULL;
}

static int start_thread(struct lane *lane, struct ebb_error *error)
{
    int result = ebb_thread_start(&lane->thread, run, lane);

    return result ? ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(result))
                  : 0;
}

int lane_start(struct lane *lane, const struct task *task, struct queue *queue,
               struct ebb_error *error)
{
    *lane = (struct lane){.queue = queue};
    pthread_mutex_init(&lane->lock, NULL);
    if (runner_open(&lane->runner, task, &queue->stopping, &lane->lock, error) == 0) {
        queue_join(queue);
        if (start_thread(lane, error) == 0) {
            return 0;
        }
        queue_leave(queue);
        runner_close(&lane->runner);
    }
    pthread_mutex_destroy(&lane->lock);
    return -1;
}

void lane_request_stop(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    runner_request_stop(&lane->runner);
    pthread_mutex_unlock(&lane->lock);
}

void lane_join(struct lane *lane)
{
    pthread_join(lane->thread, NULL);
    pthread_mutex_destroy(&lane->lock);
}

uint64_t lane_progress(struct lane *lane)
{
    uint64_t position, done;

    pthread_mutex_lock(&lane->lock);
    position = runner_progress(&lane->runner);
    if (position > lane->end) {
        position = lane->end;
    }
    if (position > lane->farthest) {
        lane->farthest = position;
    }
    done = lane->finished + lane->farthest - lane->begin;
    pthread_mutex_unlock(&lane->lock);
    return done;
}
