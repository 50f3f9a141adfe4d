/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer's inside, shared by writer.c (events, thread) and keyframe_writer.c. */
#ifndef EBB_LOG_WRITER_INTERNAL_H
#define EBB_LOG_WRITER_INTERNAL_H

#include "event_block.h"
#include "format.h"
#include "page_map.h"
#include "page_table.h"
#include "writer.h"

#include <pthread.h>
#include <time.h>
#include <zstd.h>

/* One block on its way to the disk. */
struct ebb_job {
    struct ebb_job *next;
    struct ebb_block block;   /* type, count, first and positions; the thread fills in the rest */
    struct ebb_event *events; /* EBB_BLOCK_EVENTS: block.count of them; else NULL */
    struct ebb_buffer bytes;  /* the events' data, or the payload before compression */
};

/* A page given for the keyframe in the making. */
struct ebb_pending_page {
    uint64_t page;
    uint64_t id;
    uint64_t order; /* of its being given */
};

/* Of the caller; the thread does not touch it. */
struct ebb_keyframe_state {
    bool open;
    uint64_t position;
    uint64_t event_number;
    uint64_t next_number;
    uint64_t next_id;              /* of the next page content to be stored */
    struct ebb_job *group;         /* page contents that are not full yet, or NULL */
    struct ebb_page_map contents;  /* content hash to id */
    struct ebb_page_map committed; /* page number to id, as of the last keyframe */
    struct ebb_pending_page *pending;
    size_t pending_count;
    size_t pending_capacity;
};

struct ebb_output {
    int fd;
    char *name;
    uint64_t offset; /* bytes written */
};

struct ebb_log_writer {
    struct ebb_output log;       /* after creation of the thread alone, but for offset (mutex) */
    struct ebb_output keyframes; /* the same */
    uint64_t recording_id;
    bool counts; /* positions are counts; anchors are allowed */
    pthread_t thread;
    struct ebb_event_encoder *encoder; /* of the thread */
    ZSTD_CCtx *zstd;                   /* the same, for pages */
    struct ebb_keyframe_state keyframe;
    uint64_t last_position; /* of the caller: of the last event or keyframe */

    pthread_mutex_t mutex; /* for all that follows */
    pthread_cond_t work;   /* there is something for the thread to do */
    pthread_cond_t done;   /* the thread has done something */
    struct ebb_job *open;  /* the block that events are appended to, or NULL */
    struct timespec open_until;
    struct ebb_job *first, **last; /* the queue */
    size_t queued_bytes;
    bool busy; /* the thread has a job in its hands */
    bool stopping;
    bool failed;
    struct ebb_error error; /* if failed */
    uint64_t event_count;
    uint64_t keyframe_count; /* on disk */
};

/* A job without content; NULL, and *error filled, if there is no memory. */
struct ebb_job *ebb_job_new(uint32_t type, struct ebb_error *error);
void ebb_job_free(struct ebb_job *job);

/*
 * Hands a job to the thread, which owns it from then on; waits while the queue is too long. Returns
 * -1 if the writer has failed. ebb_writer_close_block() does so with the open block, if any.
 */
int ebb_writer_queue(struct ebb_log_writer *writer, struct ebb_job *job, struct ebb_error *error);
int ebb_writer_close_block(struct ebb_log_writer *writer, struct ebb_error *error);

/* Makes every later call fail with this error. */
void ebb_writer_fail(struct ebb_log_writer *writer, const struct ebb_error *error);

void ebb_keyframe_state_free(struct ebb_keyframe_state *keyframe);

#endif
