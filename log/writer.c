/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <zstd.h>

#define BLOCK_DATA (1u << 20)   /* bytes of data after which a block of events is full */
#define QUEUE_LIMIT (64u << 20) /* bytes; a caller that is faster than the disk waits */
#define OPEN_BLOCK_SECONDS 1    /* how long an event may wait for its block to fill up */
#define BLOCK_EVENTS EBB_MAX_BLOCK_EVENTS
#define PAGES_LEVEL 1 /* zstd: RAM is written while the guest waits */

struct ebb_job *ebb_job_new(uint32_t type, struct ebb_error *error)
{
    struct ebb_job *job = calloc(1, sizeof(*job));

    if (job && type == EBB_BLOCK_EVENTS) {
        job->events = malloc(BLOCK_EVENTS * sizeof(*job->events));
        if (!job->events) {
            free(job);
            job = NULL;
        }
    }
    if (!job) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for a block of the recording");
        return NULL;
    }
    job->block.type = type;
    return job;
}

void ebb_job_free(struct ebb_job *job)
{
    if (job) {
        ebb_buffer_free(&job->bytes);
        free(job->events);
        ebb_base_list_free(job->old_bases);
        free(job);
    }
}

/* Memory that a job holds. */
static size_t job_size(const struct ebb_job *job)
{
    return job->bytes.capacity + (job->events ? BLOCK_EVENTS * sizeof(*job->events) : 0);
}

/* --- The thread. --- */

/* Appends a block to the file where it belongs. */
static int write_block(struct ebb_log_writer *writer, struct ebb_block *block,
                       const struct ebb_buffer *payload, struct ebb_error *error)
{
    struct ebb_output *output = block->type == EBB_BLOCK_EVENTS ? &writer->log : &writer->keyframes;

    if (ebb_output_block(output, block, payload, error)) {
        return -1;
    }
    pthread_mutex_lock(&writer->mutex);
    output->offset += EBB_BLOCK_HEADER_SIZE + payload->size;
    if (block->type == EBB_BLOCK_KEYFRAME) {
        writer->keyframe_count++;
    }
    pthread_mutex_unlock(&writer->mutex);
    return 0;
}

static int compress_pages(ZSTD_CCtx *zstd, const struct ebb_job *job, struct ebb_buffer *payload,
                          struct ebb_error *error)
{
    size_t size;

    ebb_buffer_clear(payload);
    if (!ebb_buffer_reserve(payload, ZSTD_compressBound(job->bytes.size))) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while compressing pages");
    }
    size = ZSTD_compressCCtx(zstd, payload->bytes, payload->capacity, job->bytes.bytes,
                             job->bytes.size, PAGES_LEVEL);
    if (ZSTD_isError(size)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot compress pages: %s",
                        ZSTD_getErrorName(size));
    }
    payload->size = size;
    return 0;
}

static int perform(struct ebb_log_writer *writer, struct ebb_job *job, struct ebb_buffer *scratch,
                   struct ebb_error *error)
{
    struct ebb_block *block = &job->block;

    block->raw_size = job->bytes.size;
    switch (block->type) {
    case EBB_BLOCK_EVENTS:
        if (ebb_event_encode(writer->encoder, job->events, block->count, job->bytes.bytes,
                             job->bytes.size, scratch, &block->raw_size, error)) {
            return -1;
        }
        return write_block(writer, block, scratch, error);
    case EBB_BLOCK_PAGES:
        if (compress_pages(writer->zstd, job, scratch, error)) {
            return -1;
        }
        return write_block(writer, block, scratch, error);
    case EBB_JOB_BASE:
        ebb_writer_place_base(writer, job->base);
        return 0;
    case EBB_JOB_DROP:
        return ebb_writer_perform_drop(writer, &job->base->start, error);
    default:
        return write_block(writer, block, &job->bytes, error);
    }
}

static void enqueue(struct ebb_log_writer *writer, struct ebb_job *job)
{
    job->next = NULL;
    *writer->last = job;
    writer->last = &job->next;
    writer->queued_bytes += job_size(job);
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

/* Waits, with the mutex held, for the next job; NULL when the writer stops. */
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

static void *writer_main(void *opaque)
{
    struct ebb_log_writer *writer = opaque;
    struct ebb_buffer scratch = {NULL, 0, 0, false};
    struct ebb_error error;
    struct ebb_job *job;

    pthread_mutex_lock(&writer->mutex);
    while ((job = next_job(writer))) {
        size_t size = job_size(job);
        bool skip = writer->failed;
        int status = 0;

        writer->busy = true;
        pthread_mutex_unlock(&writer->mutex);
        if (!skip) {
            status = perform(writer, job, &scratch, &error);
        }
        ebb_job_free(job);
        pthread_mutex_lock(&writer->mutex);
        writer->busy = false;
        writer->queued_bytes -= size;
        if (status) {
            writer->failed = true;
            writer->error = error;
        }
        pthread_cond_broadcast(&writer->done);
    }
    pthread_mutex_unlock(&writer->mutex);
    ebb_buffer_free(&scratch);
    return NULL;
}

/* --- Creation and the end. --- */

static void init_locks(struct ebb_log_writer *writer)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&writer->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->work, &attributes);
    pthread_cond_init(&writer->done, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Frees everything but the thread, which has ended or was never there. */
static int free_writer(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status = ebb_output_close(&writer->log, error);

    if (ebb_output_close(&writer->keyframes, status ? NULL : error)) {
        status = -1;
    }
    ebb_job_free(writer->open);
    ebb_event_encoder_free(writer->encoder);
    ZSTD_freeCCtx(writer->zstd);
    ebb_keyframe_state_free(&writer->keyframe);
    ebb_base_list_free(writer->bases);
    free(writer->directory);
    pthread_cond_destroy(&writer->work);
    pthread_cond_destroy(&writer->done);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
    return status;
}

/* Starts the thread with all signals blocked: they are for the threads of the program. */
static int start_thread(struct ebb_log_writer *writer, struct ebb_error *error)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread to write the log: %s",
                        strerror(code));
    }
    return 0;
}

static int open_files(struct ebb_log_writer *writer, uint32_t flags, struct ebb_error *error)
{
    /* A `start` that is left over would make the new recording begin where the old one did. */
    if (ebb_start_check_none(writer->directory, error) ||
        ebb_output_open(&writer->keyframes, writer->directory, EBB_KEYFRAMES_FILE, O_EXCL,
                        EBB_KEYFRAMES_MAGIC, writer->recording_id, 0, error)) {
        return -1;
    }
    return ebb_output_open(&writer->log, writer->directory, EBB_LOG_FILE, O_EXCL, EBB_LOG_MAGIC,
                           writer->recording_id, flags, error);
}

struct ebb_log_writer *ebb_log_writer_create(const char *directory, uint32_t flags,
                                             struct ebb_error *error)
{
    static const struct ebb_output no_output = {
        .fd = -1, .after_error = "; the recording can be replayed up to here"};
    struct ebb_log_writer *writer;

    if (flags & ~EBB_LOG_FLAGS) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot write a log with unknown flags 0x%" PRIx32,
                 flags & ~EBB_LOG_FLAGS);
        return NULL;
    }
    writer = calloc(1, sizeof(*writer));
    if (!writer) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for writing the log");
        return NULL;
    }
    writer->counts = flags & EBB_LOG_COUNTS;
    writer->log = writer->keyframes = no_output;
    writer->last = &writer->first;
    writer->keyframe.next_id = 1;
    init_locks(writer);
    writer->directory = strdup(directory);
    writer->encoder = ebb_event_encoder_new();
    writer->zstd = ZSTD_createCCtx();
    if (!writer->directory || !writer->encoder || !writer->zstd) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for writing the log");
        free_writer(writer, NULL);
        return NULL;
    }
    /* The id only tells recordings apart; if there is no randomness, zero will do. */
    if (getrandom(&writer->recording_id, sizeof(writer->recording_id), GRND_NONBLOCK) !=
        sizeof(writer->recording_id)) {
        writer->recording_id = 0;
    }
    if (open_files(writer, flags, error) || start_thread(writer, error)) {
        free_writer(writer, NULL);
        return NULL;
    }
    return writer;
}

int ebb_log_writer_close(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status = ebb_log_writer_flush(writer, error);

    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    if (free_writer(writer, status ? NULL : error)) {
        status = -1;
    }
    return status;
}

/* --- Appending. --- */

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

int ebb_writer_queue(struct ebb_log_writer *writer, struct ebb_job *job, struct ebb_error *error)
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

void ebb_writer_fail(struct ebb_log_writer *writer, const struct ebb_error *error)
{
    pthread_mutex_lock(&writer->mutex);
    if (!writer->failed) {
        writer->failed = true;
        writer->error = *error;
    }
    pthread_mutex_unlock(&writer->mutex);
}

int ebb_writer_close_block(struct ebb_log_writer *writer, struct ebb_error *error)
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

int ebb_log_writer_flush(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status;

    pthread_mutex_lock(&writer->mutex);
    enqueue_open_block(writer);
    while (writer->first || writer->busy) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    status = check_failed(writer, error);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

/* With the mutex held: makes sure that there is an open block with room for an event. */
static int open_block(struct ebb_log_writer *writer, const struct ebb_event *event,
                      struct ebb_error *error)
{
    struct ebb_job *job = writer->open;

    if (job && (job->block.count == BLOCK_EVENTS ||
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

static int append_one(struct ebb_log_writer *writer, const struct ebb_event *event,
                      struct ebb_error *error)
{
    const char *problem = ebb_event_problem(event);
    int status;

    if (!problem && event->position < writer->last_position) {
        problem = "its position is below that of the one before";
    }
    if (!problem && ebb_event_kind_has_place(event->kind) && !writer->counts) {
        problem = "it is an anchor or an exit, in a log without counts";
    }
    if (problem) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot record an event of kind %" PRIu32 " at position %" PRIu64 ": %s",
                        event->kind, event->position, problem);
    }
    pthread_mutex_lock(&writer->mutex);
    status = append_locked(writer, event, error);
    pthread_mutex_unlock(&writer->mutex);
    if (!status) {
        writer->last_position = event->position;
    }
    return status;
}

int ebb_log_writer_append(struct ebb_log_writer *writer, const struct ebb_event *event,
                          struct ebb_error *error)
{
    struct ebb_event part = *event;
    uint32_t left = event->data_length;

    if (event->kind != EBB_EVENT_DMA || left <= EBB_MAX_EVENT_DATA) {
        return append_one(writer, event, error);
    }
    while (left > 0) {
        part.data_length = left < EBB_MAX_EVENT_DATA ? left : EBB_MAX_EVENT_DATA;
        if (append_one(writer, &part, error)) {
            return -1;
        }
        part.data += part.data_length;
        part.address += part.data_length;
        left -= part.data_length;
    }
    return 0;
}

void ebb_log_writer_stats(struct ebb_log_writer *writer, struct ebb_log_writer_stats *stats)
{
    pthread_mutex_lock(&writer->mutex);
    stats->events = writer->event_count;
    stats->log_bytes = writer->log.offset - writer->log_punched.bytes;
    stats->keyframes = writer->keyframe_count;
    stats->keyframe_bytes = writer->keyframes.offset - writer->keyframes_punched.bytes;
    pthread_mutex_unlock(&writer->mutex);
}
