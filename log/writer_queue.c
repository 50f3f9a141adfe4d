/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_queue.h"

#define BLOCK_DATA (1u << 20)   /* bytes of data after which a block of events is full */
#define QUEUE_LIMIT (64u << 20) /* bytes; a caller that is faster than the disk waits */
#define OPEN_BLOCK_SECONDS 1    /* how long an event may wait for its block to fill up */

static void enqueue(struct ebb_log_writer *writer, struct ebb_job *job)
{
    job->next = NULL;
    *writer->last = job;
    writer->last = &job->next;
    writer->queued_bytes += ebb_job_size(job);
    writer->queued++;
    pthread_cond_signal(&writer->work);
}

static void enqueue_open_block(struct ebb_log_writer *writer)
{
    if (writer->open) {
        enqueue(writer, writer->open);
        writer->open = NULL;
    }
}

static bool has_passed(const struct timespec *deadline)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > deadline->tv_sec ||
           (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/* --- For the thread. --- */

/* With the mutex held: waits for the next job; NULL when the writer stops. */
static struct ebb_job *next_job(struct ebb_log_writer *writer)
{
    struct ebb_job *job;

    while (!writer->first) {
        if (writer->stopping) {
            return NULL;
        }
        if (!writer->open) {
            pthread_cond_wait(&writer->work, &writer->mutex);
        } else if (has_passed(&writer->open_until)) {
            enqueue_open_block(writer);
        } else {
            pthread_cond_timedwait(&writer->work, &writer->mutex, &writer->open_until);
        }
    }
    job = writer->first;
    writer->first = job->next;
    if (!writer->first) {
        writer->last = &writer->first;
    }
    return job;
}

struct ebb_job *ebb_writer_queue_take(struct ebb_log_writer *writer, bool *failed)
{
    struct ebb_job *job;

    pthread_mutex_lock(&writer->mutex);
    job = next_job(writer);
    *failed = writer->failed;
    pthread_mutex_unlock(&writer->mutex);
    return job;
}

void ebb_writer_queue_finish(struct ebb_log_writer *writer, struct ebb_job *job,
                             const struct ebb_error *error)
{
    size_t size = ebb_job_size(job);

    ebb_job_free(job);
    pthread_mutex_lock(&writer->mutex);
    writer->queued_bytes -= size;
    writer->finished++;
    if (error) {
        writer->failed = true;
        writer->error = *error;
    }
    pthread_cond_broadcast(&writer->done);
    pthread_mutex_unlock(&writer->mutex);
}

/* --- For the caller. --- */

/* With the mutex held: 0, or -1 and *error if the writer has failed. */
static int check_failed(const struct ebb_log_writer *writer, struct ebb_error *error)
{
    if (writer->failed && error) {
        *error = writer->error;
    }
    return writer->failed ? -1 : 0;
}

/* With the mutex held: waits until the queue is short enough for more. */
static int wait_for_room(struct ebb_log_writer *writer, struct ebb_error *error)
{
    while (writer->queued_bytes > QUEUE_LIMIT && !writer->failed) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    return check_failed(writer, error);
}

int ebb_writer_queue_add(struct ebb_log_writer *writer, struct ebb_job *job,
                         struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    status = wait_for_room(writer, error);
    if (status) {
        ebb_job_free(job);
    } else {
        enqueue(writer, job);
    }
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

void ebb_writer_queue_fail(struct ebb_log_writer *writer, const struct ebb_error *error)
{
    pthread_mutex_lock(&writer->mutex);
    if (!writer->failed) {
        writer->failed = true;
        writer->error = *error;
    }
    pthread_mutex_unlock(&writer->mutex);
}

int ebb_writer_queue_close_block(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    status = check_failed(writer, error);
    if (!status) {
        enqueue_open_block(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

/* With the mutex held: waits for what is in the queue, and not for what others add meanwhile. */
static int wait_for_queued(struct ebb_log_writer *writer, struct ebb_error *error)
{
    uint64_t queued = writer->queued;

    while (writer->finished < queued) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    return check_failed(writer, error);
}

int ebb_writer_queue_flush(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    enqueue_open_block(writer);
    status = wait_for_queued(writer, error);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

int ebb_writer_queue_wait(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    status = wait_for_queued(writer, error);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

/* With the mutex held: makes sure that there is an open block with room for an event. */
static int open_block(struct ebb_log_writer *writer, const struct ebb_event *event,
                      struct ebb_error *error)
{
    struct ebb_job *job = writer->open;

    if (job && (job->block.count == EBB_MAX_BLOCK_EVENTS ||
                (job->bytes.size > 0 && job->bytes.size + event->data_length > BLOCK_DATA))) {
        enqueue_open_block(writer);
        if (wait_for_room(writer, error)) {
            return -1;
        }
    }
    if (!writer->open) {
        job = ebb_job_new(EBB_BLOCK_EVENTS, error);
        if (!job) {
            return -1;
        }
        job->block.first = writer->event_count;
        job->block.first_position = event->position;
        clock_gettime(CLOCK_MONOTONIC, &writer->open_until);
        writer->open_until.tv_sec += OPEN_BLOCK_SECONDS;
        writer->open = job;
        pthread_cond_signal(&writer->work);
    }
    return 0;
}

static int append_locked(struct ebb_log_writer *writer, const struct ebb_event *event,
                         struct ebb_error *error)
{
    struct ebb_job *job;

    if (check_failed(writer, error) || open_block(writer, event, error)) {
        return -1;
    }
    job = writer->open;
    ebb_buffer_add(&job->bytes, event->data, event->data_length);
    if (job->bytes.failed) {
        job->bytes.failed = false;
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the data of an event");
    }
    job->events[job->block.count++] = *event;
    job->block.last_position = event->position;
    writer->event_count++;
    return 0;
}

int ebb_writer_queue_append(struct ebb_log_writer *writer, const struct ebb_event *event,
                            struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    status = append_locked(writer, event, error);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}
