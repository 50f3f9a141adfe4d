/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader_internal.h"

#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- A file of blocks. --- */

int ebb_input_corrupt(const struct ebb_input *input, uint64_t offset, const char *problem,
                      struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_CORRUPT, "%s: offset %" PRIu64 ": damaged block: %s",
                    input->name, offset, problem);
}

/* Reads exactly size bytes, which were there when the file was opened. */
static int read_at(const struct ebb_input *input, uint64_t offset, void *bytes, size_t size,
                   struct ebb_error *error)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = pread(input->fd, (char *)bytes + done, size - done, offset + done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", input->name,
                            strerror(errno));
        }
        if (count == 0) {
            return ebb_fail(error, EBB_ERROR_CORRUPT,
                            "%s: offset %" PRIu64 ": the file became shorter while it was read",
                            input->name, offset + done);
        }
        done += count;
    }
    return 0;
}

int ebb_input_read(const struct ebb_input *input, const struct ebb_block *block,
                   struct ebb_buffer *payload, struct ebb_error *error)
{
    ebb_buffer_clear(payload);
    if (!ebb_buffer_reserve(payload, (size_t)block->stored_size + 1)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while reading %s", input->name);
    }
    if (read_at(input, block->offset + EBB_BLOCK_HEADER_SIZE, payload->bytes, block->stored_size,
                error)) {
        return -1;
    }
    payload->size = block->stored_size;
    if (ebb_payload_checksum(payload->bytes, payload->size) != block->checksum) {
        return ebb_input_corrupt(input, block->offset, "its checksum is wrong", error);
    }
    return 0;
}

int ebb_input_decompress(const struct ebb_input *input, const struct ebb_block *block,
                         ZSTD_DCtx *zstd, struct ebb_buffer *stored, struct ebb_buffer *raw,
                         struct ebb_error *error)
{
    size_t size;

    if (ebb_input_read(input, block, stored, error)) {
        return -1;
    }
    ebb_buffer_clear(raw);
    if (!ebb_buffer_reserve(raw, (size_t)block->raw_size + 1)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while reading %s", input->name);
    }
    size = ZSTD_decompressDCtx(zstd, raw->bytes, block->raw_size, stored->bytes, stored->size);
    if (ZSTD_isError(size) || size != block->raw_size) {
        return ebb_input_corrupt(input, block->offset, "it cannot be decompressed", error);
    }
    raw->size = size;
    return 0;
}

static int add_block(struct ebb_input *input, const struct ebb_block *block,
                     struct ebb_error *error)
{
    if (input->block_count == input->block_capacity) {
        size_t capacity = input->block_capacity ? 2 * input->block_capacity : 64;
        struct ebb_block *blocks = realloc(input->blocks, capacity * sizeof(*blocks));

        if (!blocks) {
            return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while reading %s", input->name);
        }
        input->blocks = blocks;
        input->block_capacity = capacity;
    }
    input->blocks[input->block_count++] = *block;
    return 0;
}

static bool is_block_type(const uint8_t *bytes)
{
    uint32_t type = ebb_get_le32(bytes);

    return type == EBB_BLOCK_EVENTS || type == EBB_BLOCK_PAGES || type == EBB_BLOCK_TABLE ||
           type == EBB_BLOCK_KEYFRAME;
}

/*
 * Tells damage from an end that is missing: is there a valid block header anywhere behind a place
 * where there should be one and is none? Returns 1 or 0, or -1 on error.
 */
static int find_later_header(const struct ebb_input *input, uint64_t offset,
                             struct ebb_error *error)
{
    static const size_t window = 1 << 16;
    uint8_t *bytes = malloc(window);
    struct ebb_block block;
    int found =
        bytes ? 0 : ebb_fail(error, EBB_ERROR_FAILED, "out of memory reading %s", input->name);

    while (!found && input->size - offset >= EBB_BLOCK_HEADER_SIZE) {
        size_t size = input->size - offset < window ? input->size - offset : window;
        size_t last = size - EBB_BLOCK_HEADER_SIZE, i;

        if (read_at(input, offset, bytes, size, error)) {
            found = -1;
            break;
        }
        for (i = 0; i <= last && !found; i++) {
            found = is_block_type(bytes + i) &&
                    ebb_unpack_block_header(bytes + i, offset + i, input->recording_id, &block);
        }
        offset += last + 1;
    }
    free(bytes);
    return found;
}

/* Reads the header at offset. Returns 1, or 0 if no whole block is there, or -1 on error. */
static int read_block_header(const struct ebb_input *input, uint64_t offset,
                             struct ebb_block *block, struct ebb_error *error)
{
    uint8_t bytes[EBB_BLOCK_HEADER_SIZE];
    int found;

    if (input->size - offset < sizeof(bytes)) {
        return 0;
    }
    if (read_at(input, offset, bytes, sizeof(bytes), error)) {
        return -1;
    }
    if (!ebb_unpack_block_header(bytes, offset, input->recording_id, block)) {
        found = find_later_header(input, offset + 1, error);
        return found > 0 ? ebb_input_corrupt(input, offset, "its header is not valid", error)
                         : found;
    }
    if (block->stored_size > EBB_MAX_BLOCK_SIZE || block->raw_size > EBB_MAX_BLOCK_SIZE ||
        block->count > EBB_MAX_BLOCK_SIZE) {
        return ebb_input_corrupt(input, offset, "it is larger than a block can be", error);
    }
    return input->size - offset - sizeof(bytes) >= block->stored_size;
}

/*
 * Drops blocks from the end whose payload is damaged: after a power failure a file may have its
 * length but not yet its bytes.
 */
static int drop_damaged_end(struct ebb_input *input, struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_error local = {EBB_ERROR_NONE, ""};
    int status = 0;

    while (input->block_count > 0) {
        const struct ebb_block *block = &input->blocks[input->block_count - 1];

        if (!ebb_input_read(input, block, &payload, &local)) {
            break;
        }
        if (local.kind != EBB_ERROR_CORRUPT) {
            status = -1;
            if (error) {
                *error = local;
            }
            break;
        }
        input->used = block->offset;
        input->block_count--;
    }
    ebb_buffer_free(&payload);
    return status;
}

static int scan_blocks(struct ebb_input *input, struct ebb_error *error)
{
    struct ebb_block block;
    int found;

    input->used = EBB_FILE_HEADER_SIZE;
    while ((found = read_block_header(input, input->used, &block, error)) > 0) {
        if (add_block(input, &block, error)) {
            return -1;
        }
        input->used += EBB_BLOCK_HEADER_SIZE + block.stored_size;
    }
    return found < 0 ? -1 : drop_damaged_end(input, error);
}

static int read_file_header(struct ebb_input *input, const char *magic, uint32_t known_flags,
                            struct ebb_error *error)
{
    uint8_t bytes[EBB_FILE_HEADER_SIZE] = {0};
    struct ebb_file_header header;
    size_t size = input->size < sizeof(bytes) ? input->size : sizeof(bytes);

    if (read_at(input, 0, bytes, size, error)) {
        return -1;
    }
    if (size < sizeof(bytes)) {
        if (memcmp(bytes, magic, size < 8 ? size : 8) == 0) {
            return 0; /* cut off while it was made */
        }
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 0: this is not a file of an Ebb recording", input->name);
    }
    input->has_header = true;
    if (ebb_unpack_file_header(bytes, magic, input->name, known_flags, &header, error)) {
        return -1;
    }
    input->recording_id = header.recording_id;
    input->flags = header.flags;
    return 0;
}

static int open_input(struct ebb_input *input, const char *directory, const char *file,
                      const char *magic, uint32_t known_flags, struct ebb_error *error)
{
    struct stat status;

    if (asprintf(&input->name, "%s/%s", directory, file) < 0) {
        input->name = NULL;
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for a file name");
    }
    /* O_NONBLOCK: a FIFO in place of the file must not hold us up. */
    input->fd = open(input->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (input->fd < 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot open %s: %s", input->name,
                        strerror(errno));
    }
    if (fstat(input->fd, &status)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", input->name,
                        strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s: offset 0: this is not a regular file",
                        input->name);
    }
    input->size = status.st_size;
    if (read_file_header(input, magic, known_flags, error)) {
        return -1;
    }
    return input->has_header ? scan_blocks(input, error) : 0;
}

static void close_input(struct ebb_input *input)
{
    if (input->fd >= 0) {
        close(input->fd);
    }
    free(input->name);
    free(input->blocks);
}

/* --- The log. --- */

static int check_event_blocks(struct ebb_log *log, struct ebb_error *error)
{
    uint64_t position = 0;
    size_t i;

    for (i = 0; i < log->log.block_count; i++) {
        const struct ebb_block *block = &log->log.blocks[i];

        if (block->type != EBB_BLOCK_EVENTS || block->first != log->event_count ||
            block->count == 0 || block->count > EBB_MAX_BLOCK_EVENTS ||
            block->first_position < position || block->last_position < block->first_position) {
            return ebb_input_corrupt(&log->log, block->offset,
                                     "its header does not fit the blocks before", error);
        }
        log->event_count += block->count;
        position = block->last_position;
    }
    log->end_position = position;
    return 0;
}

/* Looks at the last event: is it the end of the recording? */
static int find_end(struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int found = -1;

    if (log->event_count == 0) {
        return 0;
    }
    cursor = ebb_cursor_new(log, error);
    if (cursor && !ebb_cursor_seek_event(cursor, log->event_count - 1, error)) {
        found = ebb_cursor_next(cursor, &event, error);
    }
    log->complete = found > 0 && event.kind == EBB_EVENT_END;
    ebb_cursor_free(cursor);
    return found < 0 ? -1 : 0;
}

static int open_files(struct ebb_log *log, const char *directory, struct ebb_error *error)
{
    if (open_input(&log->log, directory, EBB_LOG_FILE, EBB_LOG_MAGIC, EBB_LOG_FLAGS, error) ||
        open_input(&log->keyframes, directory, EBB_KEYFRAMES_FILE, EBB_KEYFRAMES_MAGIC, 0, error)) {
        return -1;
    }
    log->counts = log->log.flags & EBB_LOG_COUNTS;
    if (log->log.has_header && log->keyframes.has_header &&
        log->log.recording_id != log->keyframes.recording_id) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: offset 16: this file belongs to another recording than %s",
                        log->keyframes.name, log->log.name);
    }
    if (check_event_blocks(log, error) || find_end(log, error) ||
        ebb_log_index_keyframes(log, error)) {
        return -1;
    }
    return 0;
}

struct ebb_log *ebb_log_open(const char *directory, struct ebb_error *error)
{
    struct ebb_log *log = calloc(1, sizeof(*log));
    struct ebb_log_cache *cache = calloc(1, sizeof(*cache));

    if (!log || !cache) {
        free(log);
        free(cache);
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory while opening a recording");
        return NULL;
    }
    pthread_mutex_init(&cache->mutex, NULL);
    log->cache = cache;
    log->log.fd = -1;
    log->keyframes.fd = -1;
    if (open_files(log, directory, error)) {
        ebb_log_close(log);
        return NULL;
    }
    return log;
}

struct ebb_log *ebb_log_open_unresolved(const char *directory, struct ebb_error *error)
{
    return ebb_log_open(directory, error);
}

void ebb_log_close(struct ebb_log *log)
{
    if (!log) {
        return;
    }
    ebb_log_free_keyframes(log);
    pthread_mutex_destroy(&log->cache->mutex);
    ebb_page_table_free(&log->cache->table);
    free(log->cache);
    close_input(&log->log);
    close_input(&log->keyframes);
    free(log);
}

void ebb_log_summary(const struct ebb_log *log, struct ebb_log_summary *summary)
{
    summary->event_count = log->event_count;
    summary->end_position = log->end_position;
    summary->keyframe_count = log->keyframe_count;
    summary->complete = log->complete;
    summary->log_bytes = log->log.used;
    summary->keyframe_bytes = log->keyframes.used;
    summary->cut_off_bytes =
        log->log.size - log->log.used + log->keyframes.size - log->keyframes.used;
    summary->counts = log->counts;
    summary->resolved = false;
    summary->first_event = 0;
    summary->first_keyframe = 0;
    summary->begin_position = 0;
}

const char *ebb_log_problem(const struct ebb_log *log)
{
    (void)log;
    return NULL;
}

const uint64_t *ebb_log_exclusive_clears(const struct ebb_log *log, size_t *count)
{
    (void)log;
    *count = 0;
    return NULL;
}
