/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include "file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int write_fully(struct ebb_output *output, struct iovec *parts, int count,
                       struct ebb_error *error)
{
    while (count > 0) {
        ssize_t written = writev(output->fd, parts, count);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            int code = written < 0 ? errno : ENOSPC;

            return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s%s", output->name,
                            strerror(code), output->after_error);
        }
        while (count > 0 && (size_t)written >= parts->iov_len) {
            written -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + written;
            parts->iov_len -= written;
        }
    }
    return 0;
}

int ebb_output_open(struct ebb_output *output, const char *directory, const char *file,
                    int open_flags, const char *magic, uint64_t recording_id, uint32_t flags,
                    struct ebb_error *error)
{
    uint8_t header[EBB_FILE_HEADER_SIZE];
    struct iovec part = {header, sizeof(header)};

    output->name = ebb_file_name(directory, file, error);
    if (!output->name) {
        return -1;
    }
    output->fd = open(output->name,
                      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | open_flags, 0666);
    if (output->fd < 0) {
        if (errno == EEXIST) {
            return ebb_file_name_taken(output->name, error);
        }
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot create %s: %s", output->name,
                        strerror(errno));
    }
    ebb_pack_file_header(header, magic, recording_id, flags);
    output->recording_id = recording_id;
    output->offset = sizeof(header);
    return write_fully(output, &part, 1, error);
}

int ebb_output_block(struct ebb_output *output, struct ebb_block *block,
                     const struct ebb_buffer *payload, struct ebb_error *error)
{
    uint8_t header[EBB_BLOCK_HEADER_SIZE];
    struct iovec parts[2] = {{header, sizeof(header)}, {payload->bytes, payload->size}};

    block->offset = output->offset;
    block->stored_size = payload->size;
    block->checksum = ebb_payload_checksum(payload->bytes, payload->size);
    ebb_pack_block_header(header, block, output->recording_id);
    return write_fully(output, parts, 2, error);
}

int ebb_output_close(struct ebb_output *output, struct ebb_error *error)
{
    int status = 0;

    if (output->fd >= 0 && close(output->fd) && errno != EINTR) {
        status =
            ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", output->name, strerror(errno));
    }
    free(output->name);
    output->name = NULL;
    output->fd = -1;
    return status;
}

int ebb_output_rename(struct ebb_output *output, const char *directory, const char *file,
                      struct ebb_error *error)
{
    char *from = output->name, *to = ebb_file_name(directory, file, error);
    int status;

    output->name = NULL;
    if (!to) {
        status = -1;
    } else if (close(output->fd) && errno != EINTR) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s", from, strerror(errno));
    } else if (rename(from, to)) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "cannot rename %s to %s: %s", from, to,
                          strerror(errno));
    } else {
        status = 0;
    }
    if (status) {
        unlink(from);
    }
    output->fd = -1;
    free(from);
    free(to);
    return status;
}

void ebb_output_discard(struct ebb_output *output)
{
    if (output->fd >= 0) {
        unlink(output->name);
    }
    ebb_output_close(output, NULL);
}
