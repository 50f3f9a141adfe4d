/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer's part for flight recorders. A base and the dropping of what is before it are jobs in
 * the writer's queue, so that everything the new beginning needs has been written by then. The file
 * `start` says where the recording begins; only once it is on the disk are holes made in the files.
 */
#include "writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEYOND_FILES (1ull << 40) /* bytes: where no log is */
#define LEAST_BLOCK 4096u         /* bytes */

void ebb_base_list_free(struct ebb_base *bases)
{
    while (bases) {
        struct ebb_base *next = bases->next;

        free(bases);
        bases = next;
    }
}

/* --- On the thread. --- */

void ebb_writer_place_base(struct ebb_log_writer *writer, struct ebb_base *base)
{
    base->start.log_offset = writer->log.offset;
    base->start.keyframes_offset = writer->keyframes.offset;
}

static int sync_output(struct ebb_output *output, struct ebb_error *error)
{
    if (fdatasync(output->fd) && errno != EINVAL) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s%s", output->name,
                        strerror(errno), output->after_error);
    }
    return 0;
}

static int punch(int fd, uint64_t offset, uint64_t size)
{
    int status;

    do {
        status = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
    } while (status && errno == EINTR);
    return status;
}

/* Gives back the whole blocks of the file system before offset, but for the file header's. */
static int punch_before(struct ebb_log_writer *writer, const struct ebb_output *output,
                        struct ebb_punched *punched, uint64_t offset, struct ebb_error *error)
{
    struct stat status;
    uint64_t size, from, to;

    if (fstat(output->fd, &status)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", output->name,
                        strerror(errno));
    }
    size = status.st_blksize > LEAST_BLOCK ? status.st_blksize : LEAST_BLOCK;
    from = punched->end ? punched->end : size;
    to = offset / size * size;
    if (from >= to) {
        return 0;
    }
    if (punch(output->fd, from, to - from)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot give back the space of %s: %s%s",
                        output->name, strerror(errno), output->after_error);
    }
    pthread_mutex_lock(&writer->mutex);
    punched->end = to;
    punched->bytes += to - from;
    pthread_mutex_unlock(&writer->mutex);
    return 0;
}

int ebb_writer_perform_drop(struct ebb_log_writer *writer, const struct ebb_start *start,
                            struct ebb_error *error)
{
    /* What is kept first, lest a loss of power leave neither the old part nor the new one. */
    if (sync_output(&writer->keyframes, error) || sync_output(&writer->log, error) ||
        ebb_start_write(writer->directory, start, writer->recording_id, error)) {
        return -1;
    }
    if (punch_before(writer, &writer->keyframes, &writer->keyframes_punched,
                     start->keyframes_offset, error)) {
        return -1;
    }
    return punch_before(writer, &writer->log, &writer->log_punched, start->log_offset, error);
}

/* --- For the caller. --- */

/* Makes a hole where nothing is, to learn whether the file system can. */
static int try_punching(struct ebb_log_writer *writer, struct ebb_error *error)
{
    if (!writer->can_punch && punch(writer->log.fd, BEYOND_FILES, LEAST_BLOCK)) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "cannot drop the older part of a recording in %s: the file system does not "
                        "take back space from the middle of a file (%s); record to ext4, XFS, "
                        "Btrfs or tmpfs, or keep the whole recording",
                        writer->directory, strerror(errno));
    }
    writer->can_punch = true;
    return 0;
}

static void add_base(struct ebb_log_writer *writer, struct ebb_base *base)
{
    struct ebb_base **end = &writer->bases;

    while (*end) {
        end = &(*end)->next;
    }
    *end = base;
}

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
    add_base(writer, base);
    job->base = base;
    return ebb_writer_queue(writer, job, error);
}

int ebb_log_writer_base(struct ebb_log_writer *writer, struct ebb_error *error)
{
    if (try_punching(writer, error) || ebb_keyframe_forget(writer, error) ||
        ebb_writer_close_block(writer, error)) {
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

/* Takes the bases before one out of the writer's list. */
static struct ebb_base *take_before(struct ebb_log_writer *writer, struct ebb_base *base)
{
    struct ebb_base *old = writer->bases, *last = old;

    if (old == base) {
        return NULL;
    }
    while (last->next != base) {
        last = last->next;
    }
    last->next = NULL;
    writer->bases = base;
    return old;
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
    job->old_bases = take_before(writer, base);
    job->base = base;
    writer->dropped_to = base;
    *first = base->start.first_keyframe;
    return ebb_writer_queue(writer, job, error);
}
