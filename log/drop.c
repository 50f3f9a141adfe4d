/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEYOND_FILES (1ull << 40) /* bytes: where no log is */
#define LEAST_BLOCK 4096u         /* bytes */

static int punch(int fd, uint64_t offset, uint64_t size)
{
    int status;

    do {
        status = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
    } while (status && errno == EINTR);
    return status;
}

int ebb_drop_try(struct ebb_log_writer *writer, struct ebb_error *error)
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

void ebb_drop_place_base(struct ebb_log_writer *writer, struct ebb_base *base)
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

int ebb_drop_perform(struct ebb_log_writer *writer, const struct ebb_start *start,
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
