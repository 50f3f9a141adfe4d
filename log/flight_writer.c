/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A base and the dropping of what is before it are jobs in the writer's queue, so that everything
 * the new beginning needs has been written by then.
 */
#include "flight_writer.h"

#include "drop.h"
#include "keyframe_writer.h"
#include "writer_queue.h"

#include <stdlib.h>

static int queue_base(struct ebb_log_writer *writer, struct ebb_error *error)
{
    struct ebb_job *job = ebb_job_new(EBB_JOB_BASE, error);
    struct ebb_base *base = calloc(1, sizeof(*base));

    if (!job || !base) {
        ebb_job_free(job);
        free(base);
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the recording");
    }
    pthread_mutex_lock(&writer->mutex);
    base->start.first_event = writer->event_count;
    pthread_mutex_unlock(&writer->mutex);
    base->start.position = writer->last_position;
    base->start.first_keyframe = writer->keyframe.next_number;
    base->start.first_page = writer->keyframe.next_id;
    ebb_base_append(&writer->bases, base);
    job->base = base;
    return ebb_writer_queue_add(writer, job, error);
}

int ebb_log_writer_base(struct ebb_log_writer *writer, struct ebb_error *error)
{
    if (ebb_drop_try(writer, error) || ebb_keyframe_forget(writer, error) ||
        ebb_writer_queue_close_block(writer, error)) {
        return -1;
    }
    return queue_base(writer, error);
}

/* The newest base at or before a keyframe whose own keyframe was committed; NULL if none is. */
static struct ebb_base *find_base(const struct ebb_log_writer *writer, uint64_t keyframe)
{
    struct ebb_base *base, *found = NULL;

    for (base = writer->bases; base; base = base->next) {
        if (base->start.first_keyframe <= keyframe &&
            base->start.first_keyframe < writer->keyframe.next_number) {
            found = base;
        }
    }
    return found;
}

int ebb_log_writer_drop_before(struct ebb_log_writer *writer, uint64_t keyframe, uint64_t *first,
                               struct ebb_error *error)
{
    struct ebb_base *base = find_base(writer, keyframe);
    struct ebb_job *job;

    *first = writer->dropped_to ? writer->dropped_to->start.first_keyframe : 0;
    if (!base || base == writer->dropped_to) {
        return 0;
    }
    job = ebb_job_new(EBB_JOB_DROP, error);
    if (!job) {
        return -1;
    }
    /* The thread may still have to place them, which it will have done when the job is over. */
    job->old_bases = ebb_base_take_before(&writer->bases, base);
    job->base = base;
    writer->dropped_to = base;
    *first = base->start.first_keyframe;
    return ebb_writer_queue_add(writer, job, error);
}
