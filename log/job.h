/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job of the writer's thread: a block, or something else, on its way to the disk. Internal to
 * log/. */
#ifndef EBB_LOG_JOB_H
#define EBB_LOG_JOB_H

#include "base.h"
#include "buffer.h"
#include "format.h"

/* Types of jobs that are no blocks. */
enum ebb_job_type {
    EBB_JOB_BASE = 1, /* take down where base is in the files */
    EBB_JOB_DROP = 2, /* let the recording begin at base; old_bases are of no use any more */
};

struct ebb_job {
    struct ebb_job *next;
    struct ebb_base *base;      /* not owned: it is in the writer's list */
    struct ebb_base *old_bases; /* a list of its own */
    struct ebb_block block;     /* type, count, first and positions; the thread fills in the rest */
    struct ebb_event *events;   /* EBB_BLOCK_EVENTS: block.count of them; else NULL */
    struct ebb_buffer bytes;    /* the events' data, or the payload before compression */
};

/* A job without content; NULL, and *error filled, if there is no memory. */
struct ebb_job *ebb_job_new(uint32_t type, struct ebb_error *error);
void ebb_job_free(struct ebb_job *job);

/* Memory that a job holds. */
size_t ebb_job_size(const struct ebb_job *job);

#endif
