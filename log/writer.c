/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include "writer_queue.h"
#include "writer_thread.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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
    ebb_page_compressor_free(writer->compressor);
    ebb_keyframe_state_free(&writer->keyframe);
    ebb_base_free_list(writer->bases);
    free(writer->directory);
    pthread_cond_destroy(&writer->work);
    pthread_cond_destroy(&writer->done);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
    return status;
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

/* What is compressed takes its time from the guest then. */
static bool has_one_cpu(void)
{
    cpu_set_t cpus;

    return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) == 1;
}

struct ebb_log_writer *ebb_log_writer_create(const char *directory, uint32_t flags,
                                             struct ebb_error *error)
{
    static const struct ebb_output no_output = {
        .fd = -1,
        .after_error =
            "; nothing of the recording can be replayed, since its first keyframe is not "
            "complete: record again where there is room"};
    bool light = has_one_cpu();
    struct ebb_log_writer *writer;

    if (!ebb_log_flags_fit(flags)) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot write a log with the flags 0x%" PRIx32, flags);
        return NULL;
    }
    writer = calloc(1, sizeof(*writer));
    if (!writer) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for writing the log");
        return NULL;
    }
    writer->flags = flags;
    writer->log = writer->keyframes = no_output;
    writer->last = &writer->first;
    writer->keyframe.next_id = 1;
    init_locks(writer);
    writer->directory = strdup(directory);
    writer->encoder = ebb_event_encoder_new(light);
    writer->compressor = ebb_page_compressor_new(light);
    if (!writer->directory || !writer->encoder || !writer->compressor) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for writing the log");
        free_writer(writer, NULL);
        return NULL;
    }
    /* The id only tells recordings apart; if there is no randomness, zero will do. */
    if (getrandom(&writer->recording_id, sizeof(writer->recording_id), GRND_NONBLOCK) !=
        sizeof(writer->recording_id)) {
        writer->recording_id = 0;
    }
    if (open_files(writer, flags, error) || ebb_writer_thread_start(writer, error)) {
        free_writer(writer, NULL);
        return NULL;
    }
    return writer;
}

int ebb_log_writer_close(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int status = ebb_log_writer_flush(writer, error);

    ebb_writer_thread_end(writer);
    if (free_writer(writer, status ? NULL : error)) {
        status = -1;
    }
    return status;
}

/* --- Appending. --- */

static int append_one(struct ebb_log_writer *writer, const struct ebb_event *event,
                      struct ebb_error *error)
{
    const char *problem = ebb_event_problem(event);

    if (!problem && event->position < writer->last_position) {
        problem = "its position is below that of the one before";
    }
    if (!problem) {
        problem = ebb_event_misplacement(event, writer->flags);
    }
    if (problem) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot record an event of kind %" PRIu32 " at position %" PRIu64 ": %s",
                        event->kind, event->position, problem);
    }
    if (ebb_writer_queue_append(writer, event, error)) {
        return -1;
    }
    writer->last_position = event->position;
    return 0;
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

int ebb_log_writer_flush(struct ebb_log_writer *writer, struct ebb_error *error)
{
    return ebb_writer_queue_flush(writer, error);
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
