/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a log writer consists of: its files, what the caller knows, what the thread knows, and the
 * queue between them. Internal to log/.
 */
#ifndef EBB_LOG_WRITER_STATE_H
#define EBB_LOG_WRITER_STATE_H

#include "base.h"
#include "event_encoding.h"
#include "job.h"
#include "keyframe_state.h"
#include "output.h"
#include "page_compressor.h"

#include <pthread.h>
#include <time.h>

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
    uint32_t flags; /* enum ebb_log_flag */
    pthread_t thread;
    struct ebb_event_encoder *encoder;      /* of the thread */
    struct ebb_page_compressor *compressor; /* the same */
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
    uint64_t queued, finished; /* jobs, since the writer was made */
    bool stopping;
    bool failed;
    struct ebb_error error; /* if failed */
    uint64_t event_count;
    uint64_t keyframe_count; /* on disk */
    struct ebb_punched log_punched, keyframes_punched;
};

#endif
