/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "start.h"

#include "file_name.h"
#include "input.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEW_FILE EBB_START_FILE ".new"
#define PAYLOAD_SIZE 48u /* bytes */

struct ebb_start ebb_start_whole(void)
{
    struct ebb_start start = {
        .log_offset = EBB_FILE_HEADER_SIZE,
        .keyframes_offset = EBB_FILE_HEADER_SIZE,
        .first_page = 1,
    };

    return start;
}

/* --- Reading. --- */

static void unpack(const uint8_t *bytes, struct ebb_start *start)
{
    start->first_event = ebb_get_le64(bytes);
    start->position = ebb_get_le64(bytes + 8);
    start->log_offset = ebb_get_le64(bytes + 16);
    start->first_keyframe = ebb_get_le64(bytes + 24);
    start->keyframes_offset = ebb_get_le64(bytes + 32);
    start->first_page = ebb_get_le64(bytes + 40);
}

/* What is wrong with a file that has valid blocks; NULL if nothing is. */
static const char *find_problem(const struct ebb_input *input)
{
    const struct ebb_block *block = input->blocks;

    if (input->block_count != 1 || input->used != input->size) {
        return "the file is not one block";
    }
    if (block->type != EBB_BLOCK_START || block->stored_size != PAYLOAD_SIZE ||
        block->raw_size != PAYLOAD_SIZE) {
        return "it does not belong in this file";
    }
    return NULL;
}

/* Numbers are bounded so that counting on from them cannot overflow. */
static bool makes_sense(const struct ebb_start *start)
{
    return start->first_event <= EBB_MAX_NUMBER && start->first_keyframe <= EBB_MAX_NUMBER &&
           start->position <= EBB_MAX_POSITION && start->first_page >= 1 &&
           start->first_page <= EBB_MAX_NUMBER && start->log_offset >= EBB_FILE_HEADER_SIZE &&
           start->keyframes_offset >= EBB_FILE_HEADER_SIZE;
}

static int read_start(const struct ebb_input *input, struct ebb_start *start,
                      struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    const char *problem = find_problem(input);
    int status;

    if (problem) {
        return ebb_input_corrupt(input, EBB_FILE_HEADER_SIZE, problem, error);
    }
    status = ebb_input_read(input, input->blocks, &payload, error);
    if (!status) {
        unpack(payload.bytes, start);
        if (!makes_sense(start)) {
            status =
                ebb_input_corrupt(input, EBB_FILE_HEADER_SIZE, "its numbers make no sense", error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

int ebb_start_read(const struct ebb_log_place *place, struct ebb_start *start,
                   uint64_t *recording_id, struct ebb_error *error)
{
    struct ebb_input input;
    int status = ebb_input_open(&input, place, EBB_START_FILE, EBB_START_MAGIC, 0, error);

    *start = ebb_start_whole();
    *recording_id = 0;
    if (status && input.missing) {
        ebb_input_close(&input);
        return 0;
    }
    if (!status && !(status = ebb_input_scan(&input, EBB_FILE_HEADER_SIZE, false, error))) {
        status = read_start(&input, start, error);
    }
    *recording_id = input.recording_id;
    ebb_input_close(&input);
    return status ? -1 : 1;
}

/* --- Writing. --- */

int ebb_start_check_none(const char *directory, struct ebb_error *error)
{
    char *name = ebb_file_name(directory, EBB_START_FILE, error);
    int status = 0;

    if (!name) {
        return -1;
    }
    if (access(name, F_OK) == 0) {
        status = ebb_file_name_taken(name, error);
    }
    free(name);
    return status;
}

static int write_start(struct ebb_output *output, const struct ebb_start *start,
                       struct ebb_error *error)
{
    uint8_t bytes[PAYLOAD_SIZE];
    struct ebb_buffer payload = {bytes, sizeof(bytes), sizeof(bytes), false};
    struct ebb_block block = {.type = EBB_BLOCK_START, .raw_size = sizeof(bytes), .count = 1};

    ebb_put_le64(bytes, start->first_event);
    ebb_put_le64(bytes + 8, start->position);
    ebb_put_le64(bytes + 16, start->log_offset);
    ebb_put_le64(bytes + 24, start->first_keyframe);
    ebb_put_le64(bytes + 32, start->keyframes_offset);
    ebb_put_le64(bytes + 40, start->first_page);
    if (ebb_output_block(output, &block, &payload, error)) {
        return -1;
    }
    if (fsync(output->fd) && errno != EINVAL) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot write %s: %s%s", output->name,
                        strerror(errno), output->after_error);
    }
    return 0;
}

/* Brings the change of names to the disk, where the file system needs that and can do it. */
static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int ebb_start_write(const char *directory, const struct ebb_start *start, uint64_t recording_id,
                    struct ebb_error *error)
{
    struct ebb_output output = EBB_OUTPUT_NONE;

    output.after_error = "; nothing is dropped from the recording";
    if (ebb_output_open(&output, directory, NEW_FILE, O_TRUNC, EBB_START_MAGIC, recording_id, 0,
                        error) ||
        write_start(&output, start, error)) {
        ebb_output_discard(&output);
        return -1;
    }
    if (ebb_output_rename(&output, directory, EBB_START_FILE, error)) {
        return -1;
    }
    sync_directory(directory);
    return 0;
}
