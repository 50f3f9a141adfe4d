/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer's inside, shared by writer.c (events, thread) and keyframe_writer.c. */
#ifndef EBB_LOG_WRITER_INTERNAL_H
#define EBB_LOG_WRITER_INTERNAL_H

#include "event_block.h"
#include "format.h"
#include "output.h"
#include "page_map.h"
#include "page_table.h"
#include "start.h"
#include "writer.h"

#include <pthread.h>
#include <time.h>
#include <zstd.h>

/* A place where the recording may later begin. Bases form a list, the oldest first. */
struct ebb_base {
    struct ebb_base *next;
    struct ebb_start start; /* the thread fills in the offsets, all else is the caller's */
};

/* Types of jobs that are no blocks. */
enum ebb_job_type {
    EBB_JOB_BASE = 1, /* take down where base is in the files */
    EBB_JOB_DROP = 2, /* let the recording begin at base; old_bases are of no use any more */
};

/* One block, or something else, on its way to the disk. */
struct ebb_job {
    struct ebb_job *next;
    struct ebb_base *base;      /* not owned: it is in the writer's list */
    struct ebb_base *old_bases; /* a list of its own */
    struct ebb_block block;     /* type, count, first and positions; the thread fills in the rest */
    struct ebb_event *events;   /* EBB_BLOCK_EVENTS: block.count of them; else NULL */
    struct ebb_buffer bytes;    /* the events' data, or the payload before compression */
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
    struct ebb_page_map before;    /* the same, from before a base whose keyframe is to come */
    struct ebb_pending_page *pending;
    size_t pending_count;
    size_t pending_capacity;
};

/* What was given back to the file system of a file: its end, a multiple of the block size. */
struct ebb_punched {
    uint64_t end;
    uint64_t bytes;
};

struct ebb_log_writer {
    char *directory;
    struct ebb_output log;       /* after creation of the thread alone, but for offset (mutex) */
    struct ebb_output keyframes; /* the same */
    uint64_t recording_id;
    bool counts; /* positions are counts; anchors are allowed */
    pthread_t thread;
    struct ebb_event_encoder *encoder; /* of the thread */
    ZSTD_CCtx *zstd;                   /* the same, for pages */
    struct ebb_keyframe_state keyframe;
    uint64_t last_position; /* of the caller: of the last event or keyframe */
    struct ebb_base *bases; /* the same: the one where the recording begins now, and later ones */
    const struct ebb_base *dropped_to; /* the same: where the recording begins now, or NULL */
    bool can_punch; /* the same: the file system takes space back, as was tried */

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
    struct ebb_punched log_punched, keyframes_punched;
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

/* Takes down, on the thread, that a base is at the ends of the files as they are now. */
void ebb_writer_place_base(struct ebb_log_writer *writer, struct ebb_base *base);

/* Makes the recording begin at start, on the thread. */
int ebb_writer_perform_drop(struct ebb_log_writer *writer, const struct ebb_start *start,
                            struct ebb_error *error);

void ebb_base_list_free(struct ebb_base *bases);

/*
 * Makes the next keyframe stand for itself: it stores every page content anew and names every page
 * that differs from zeroes, and every one that did at the keyframe before.
 */
int ebb_keyframe_forget(struct ebb_log_writer *writer, struct ebb_error *error);

void ebb_keyframe_state_free(struct ebb_keyframe_state *keyframe);

#endif
