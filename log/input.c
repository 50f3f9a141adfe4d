/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include "file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ebb_input_no_memory(const struct ebb_input *input, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "out of memory while reading %s", input->name);
}

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
        return ebb_input_no_memory(input, error);
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
        return ebb_input_no_memory(input, error);
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
            return ebb_input_no_memory(input, error);
        }
        input->blocks = blocks;
        input->block_capacity = capacity;
    }
    input->blocks[input->block_count++] = *block;
    return 0;
}

static bool is_block_type(const uint8_t *bytes)
{
    switch (ebb_get_le32(bytes)) {
    case EBB_BLOCK_EVENTS:
    case EBB_BLOCK_PAGES:
    case EBB_BLOCK_TABLE:
    case EBB_BLOCK_KEYFRAME:
    case EBB_BLOCK_POSITIONS:
    case EBB_BLOCK_KEYFRAME_POSITIONS:
    case EBB_BLOCK_CLEARS:
    case EBB_BLOCK_INDEX_END:
    case EBB_BLOCK_START:
    case EBB_BLOCK_PAGE_SET:
    case EBB_BLOCK_PAGE_SETS_END:
        return true;
    default:
        return false;
    }
}

/*
 * Tells damage from an end that is missing: is there a valid block header anywhere behind a place
 * where there should be one and is none? Returns 1, and its place, or 0, or -1 on error.
 */
static int find_later_header(const struct ebb_input *input, uint64_t offset, uint64_t *place,
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
            *place = offset + i;
        }
        offset += last + 1;
    }
    free(bytes);
    return found;
}

/* Notes what is wrong, unless something before it is. Returns 0, or -1 on error. */
static int note_damage(struct ebb_input *input, const char *message, struct ebb_error *error)
{
    if (!input->damage) {
        input->damage = strdup(message);
    }
    return input->damage ? 0 : ebb_input_no_memory(input, error);
}

int ebb_input_end_before(struct ebb_input *input, size_t i, const char *message,
                         struct ebb_error *error)
{
    input->used = input->blocks[i].offset;
    input->block_count = i;
    return note_damage(input, message, error);
}

/* The header at input->used is damaged: goes on behind it, with a block that is lost in its place.
 * Returns 1, or 0 if the list ends here, or -1 on error. */
static int pass_damage(struct ebb_input *input, bool skip_lost, const char *problem,
                       struct ebb_error *error)
{
    struct ebb_block lost = {.offset = input->used, .lost = true};
    struct ebb_error damage;
    uint64_t place = 0;
    int found = find_later_header(input, input->used + 1, &place, error);

    if (found <= 0) {
        return found;
    }
    ebb_input_corrupt(input, input->used, problem, &damage);
    if (note_damage(input, damage.message, error)) {
        return -1;
    }
    if (!skip_lost) {
        return 0;
    }
    input->used = place;
    return add_block(input, &lost, error) ? -1 : 1;
}

/* Reads the header at input->used. Returns 1, or 0 if no whole block is there, or -1 on error;
 * *problem tells of a header that is damaged, with 0. */
static int read_block_header(const struct ebb_input *input, struct ebb_block *block,
                             const char **problem, struct ebb_error *error)
{
    uint8_t bytes[EBB_BLOCK_HEADER_SIZE];

    *problem = NULL;
    if (input->size - input->used < sizeof(bytes)) {
        return 0;
    }
    if (read_at(input, input->used, bytes, sizeof(bytes), error)) {
        return -1;
    }
    if (!ebb_unpack_block_header(bytes, input->used, input->recording_id, block)) {
        *problem = "its header is not valid";
    } else if (block->stored_size > EBB_MAX_BLOCK_SIZE || block->raw_size > EBB_MAX_BLOCK_SIZE ||
               block->count > EBB_MAX_BLOCK_SIZE) {
        *problem = "it is larger than a block can be";
    }
    return !*problem && input->size - input->used - sizeof(bytes) >= block->stored_size;
}

/* True if the block's payload is not what it was; local receives errors of other kinds too. */
static bool is_damaged(const struct ebb_input *input, const struct ebb_block *block,
                       struct ebb_buffer *payload, struct ebb_error *local)
{
    local->kind = EBB_ERROR_NONE;
    return block->lost ||
           (ebb_input_read(input, block, payload, local) && local->kind == EBB_ERROR_CORRUPT);
}

/* What is_damaged() has met besides damage. Returns 0, or -1 and passes it on. */
static int pass_on(const struct ebb_error *local, struct ebb_error *error)
{
    if (local->kind == EBB_ERROR_NONE || local->kind == EBB_ERROR_CORRUPT) {
        return 0;
    }
    if (error) {
        *error = *local;
    }
    return -1;
}

/*
 * Drops blocks from the end whose payload is damaged: after a power failure a file may have its
 * length but not yet its bytes.
 */
static int drop_damaged_end(struct ebb_input *input, struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_error local = {EBB_ERROR_NONE, ""};

    while (input->block_count > 0 &&
           is_damaged(input, &input->blocks[input->block_count - 1], &payload, &local)) {
        input->used = input->blocks[--input->block_count].offset;
    }
    ebb_buffer_free(&payload);
    return pass_on(&local, error);
}

int ebb_input_check(struct ebb_input *input, struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_error local = {EBB_ERROR_NONE, ""};
    int status = 0;
    size_t i;

    for (i = 0; i < input->block_count && !status; i++) {
        if (is_damaged(input, &input->blocks[i], &payload, &local)) {
            status = ebb_input_end_before(input, i, local.message, error);
        } else {
            status = pass_on(&local, error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

/* Is a block in the share? It is in the one in which its first byte lies. */
static bool is_in_share(const struct ebb_input *input, const struct ebb_block *block,
                        unsigned share, unsigned shares)
{
    return (unsigned __int128)block->offset * shares / (input->used + 1) == share;
}

int ebb_input_require_share(const struct ebb_input *input, unsigned share, unsigned shares,
                            struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    int status = input->damage ? ebb_fail(error, EBB_ERROR_CORRUPT, "%s", input->damage) : 0;
    size_t i;

    for (i = 0; i < input->block_count && !status; i++) {
        if (is_in_share(input, &input->blocks[i], share, shares)) {
            status = ebb_input_read(input, &input->blocks[i], &payload, error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

int ebb_input_require(const struct ebb_input *input, struct ebb_error *error)
{
    return ebb_input_require_share(input, 0, 1, error);
}

int ebb_input_scan(struct ebb_input *input, uint64_t first, bool skip_lost, struct ebb_error *error)
{
    struct ebb_block block;
    const char *problem;
    int found;

    if (input->size < first) {
        input->used = input->has_header ? EBB_FILE_HEADER_SIZE : 0;
        return 0;
    }
    input->used = first;
    do {
        found = read_block_header(input, &block, &problem, error);
        if (found > 0) {
            if (add_block(input, &block, error)) {
                return -1;
            }
            input->used += EBB_BLOCK_HEADER_SIZE + block.stored_size;
        } else if (problem) {
            found = pass_damage(input, skip_lost, problem, error);
        }
    } while (found > 0);
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

int ebb_input_open(struct ebb_input *input, const struct ebb_log_place *place, const char *file,
                   const char *magic, uint32_t known_flags, struct ebb_error *error)
{
    struct stat status;

    memset(input, 0, sizeof(*input));
    input->fd = -1;
    input->name = ebb_file_name(place->directory, file, error);
    if (!input->name) {
        return -1;
    }
    /* O_NONBLOCK: a FIFO in place of the file must not hold us up. */
    input->fd = place->files ? ebb_log_files_get(place->files, file)
                             : open(input->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (input->fd < 0) {
        input->missing = errno == ENOENT;
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
    return read_file_header(input, magic, known_flags, error);
}

void ebb_input_close(struct ebb_input *input)
{
    if (input->name && input->fd >= 0) {
        close(input->fd);
    }
    free(input->name);
    free(input->blocks);
    free(input->damage);
    memset(input, 0, sizeof(*input));
    input->fd = -1;
}
