/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include <stdlib.h>

struct ebb_job *ebb_job_new(uint32_t type, struct ebb_error *error)
{
    struct ebb_job *job = calloc(1, sizeof(*job));

    if (job && type == EBB_BLOCK_EVENTS) {
        job->events = malloc(EBB_MAX_BLOCK_EVENTS * sizeof(*job->events));
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
        ebb_base_free_list(job->old_bases);
        free(job);
    }
}

size_t ebb_job_size(const struct ebb_job *job)
{
    return job->bytes.capacity + (job->events ? EBB_MAX_BLOCK_EVENTS * sizeof(*job->events) : 0);
}
