/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_thread.h"

#include "drop.h"
#include "thread.h"
#include "writer_queue.h"

#include <string.h>

#define AFTER_ERROR "; the recording can be replayed up to here"

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
        writer->log.after_error = writer->keyframes.after_error = AFTER_ERROR;
    }
    pthread_mutex_unlock(&writer->mutex);
    return 0;
}

static uint64_t kinds_of(const struct ebb_event *events, uint32_t count)
{
    uint64_t kinds = 0;
    uint32_t i;

    for (i = 0; i < count; i++) {
        kinds |= ebb_kind_bit(events[i].kind);
    }
    return kinds;
}

static int perform(struct ebb_log_writer *writer, struct ebb_job *job, struct ebb_buffer *scratch,
                   struct ebb_error *error)
{
    struct ebb_block *block = &job->block;

    block->raw_size = job->bytes.size;
    switch (block->type) {
    case EBB_BLOCK_EVENTS:
        block->kinds = kinds_of(job->events, block->count);
        if (ebb_event_encode(writer->encoder, job->events, block->count, job->bytes.bytes,
                             job->bytes.size, scratch, &block->raw_size, error)) {
            return -1;
        }
        return write_block(writer, block, scratch, error);
    case EBB_BLOCK_PAGES:
        if (ebb_page_compressor_run(writer->compressor, &job->bytes, scratch, error)) {
            return -1;
        }
        return write_block(writer, block, scratch, error);
    case EBB_JOB_BASE:
        ebb_drop_place_base(writer, job->base);
        return 0;
    case EBB_JOB_DROP:
        return ebb_drop_perform(writer, &job->base->start, error);
    default:
        return write_block(writer, block, &job->bytes, error);
    }
}

static void *thread_main(void *opaque)
{
    struct ebb_log_writer *writer = opaque;
    struct ebb_buffer scratch = {NULL, 0, 0, false};
    struct ebb_error error;
    struct ebb_job *job;
    bool skip;

    while ((job = ebb_writer_queue_take(writer, &skip))) {
        int status = skip ? 0 : perform(writer, job, &scratch, &error);

        ebb_writer_queue_finish(writer, job, status ? &error : NULL);
    }
    ebb_buffer_free(&scratch);
    return NULL;
}

int ebb_writer_thread_start(struct ebb_log_writer *writer, struct ebb_error *error)
{
    int code = ebb_thread_start(&writer->thread, thread_main, writer);

    if (code) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread to write the log: %s",
                        strerror(code));
    }
    return 0;
}

void ebb_writer_thread_end(struct ebb_log_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
}
