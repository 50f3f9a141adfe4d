/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing an index. Positions of events go to a temporary file block by block, in step with the
 * log's blocks; the rest, which is little, waits for the end.
 */
#include "index_writer.h"

#include "log_state.h"
#include "output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LIST_BLOCK 65536u /* positions in a block of keyframes or clears */
#define LEVEL 6           /* of zstd */

struct list {
    uint64_t *values;
    size_t count;
    size_t capacity;
};

struct ebb_index_writer {
    const struct ebb_log *log;
    struct ebb_output output;
    ZSTD_CCtx *zstd;
    size_t block;     /* of the log: where the next event is */
    struct list open; /* positions of its events so far */
    uint64_t event_count;
    uint64_t last_position; /* of the last event */
    struct list keyframes;
    struct list clears;
};

static int no_memory(struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the index");
}

static int append(struct list *list, uint64_t value, struct ebb_error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        uint64_t *values = realloc(list->values, capacity * sizeof(*values));

        if (!values) {
            return no_memory(error);
        }
        list->values = values;
        list->capacity = capacity;
    }
    list->values[list->count++] = value;
    return 0;
}

/* --- Creation and the end. --- */

static int open_temporary(struct ebb_index_writer *writer, struct ebb_error *error)
{
    uint64_t random = 0;
    char name[sizeof(EBB_INDEX_FILE) + 17];

    /* Two that resolve the same recording at the same time do not get into each other's way. */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
        random = (uintptr_t)writer;
    }
    snprintf(name, sizeof(name), "%s.%016" PRIx64, EBB_INDEX_FILE, random);
    return ebb_output_open(&writer->output, writer->log->directory, name, O_EXCL, EBB_INDEX_MAGIC,
                           writer->log->log.recording_id, 0, error);
}

struct ebb_index_writer *ebb_index_writer_create(const struct ebb_log *log, struct ebb_error *error)
{
    static const struct ebb_output no_output = EBB_OUTPUT_NONE;
    struct ebb_index_writer *writer;

    if (!log->counts || log->resolved) {
        ebb_fail(error, EBB_ERROR_FAILED, "%s needs no index, or has one", log->log.name);
        return NULL;
    }
    writer = calloc(1, sizeof(*writer));
    if (!writer) {
        no_memory(error);
        return NULL;
    }
    writer->log = log;
    writer->event_count = log->start.first_event;
    writer->output = no_output;
    writer->zstd = ZSTD_createCCtx();
    if (!writer->zstd) {
        no_memory(error);
    }
    if (!writer->zstd || open_temporary(writer, error)) {
        ebb_index_writer_free(writer);
        return NULL;
    }
    return writer;
}

void ebb_index_writer_free(struct ebb_index_writer *writer)
{
    if (writer) {
        ebb_output_discard(&writer->output);
        ZSTD_freeCCtx(writer->zstd);
        free(writer->open.values);
        free(writer->keyframes.values);
        free(writer->clears.values);
        free(writer);
    }
}

/* --- Blocks. --- */

/* Writes a block and frees its payload. */
static int write_block(struct ebb_index_writer *writer, struct ebb_block *block,
                       struct ebb_buffer *payload, struct ebb_error *error)
{
    int status;

    if (payload->failed) {
        status = no_memory(error);
    } else {
        status = ebb_output_block(&writer->output, block, payload, error);
        writer->output.offset += EBB_BLOCK_HEADER_SIZE + payload->size;
    }
    ebb_buffer_free(payload);
    return status;
}

/* Appends count positions as differences, the first one to previous. */
static void encode(struct ebb_buffer *payload, const uint64_t *positions, size_t count,
                   uint64_t previous)
{
    size_t i;

    for (i = 0; i < count; i++) {
        ebb_buffer_add_varint(payload, positions[i] - previous);
        previous = positions[i];
    }
}

static int compress(struct ebb_index_writer *writer, const struct ebb_buffer *raw,
                    struct ebb_buffer *payload, struct ebb_error *error)
{
    size_t size;

    if (raw->failed || !ebb_buffer_reserve(payload, ZSTD_compressBound(raw->size))) {
        return no_memory(error);
    }
    size = ZSTD_compressCCtx(writer->zstd, payload->bytes, payload->capacity, raw->bytes, raw->size,
                             LEVEL);
    if (ZSTD_isError(size)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot compress the index: %s",
                        ZSTD_getErrorName(size));
    }
    payload->size = size;
    return 0;
}

/* Writes the positions of the events of one of the log's blocks; at least one is there. */
static int write_open(struct ebb_index_writer *writer, struct ebb_error *error)
{
    struct list *open = &writer->open;
    struct ebb_buffer raw = {NULL, 0, 0, false}, payload = {NULL, 0, 0, false};
    struct ebb_block block = {
        .type = EBB_BLOCK_POSITIONS,
        .count = open->count,
        .first = writer->log->log.blocks[writer->block].first,
        .first_position = open->values[0],
        .last_position = open->values[open->count - 1],
    };
    int status;

    encode(&raw, open->values, open->count, open->values[0]);
    block.raw_size = raw.size;
    status = compress(writer, &raw, &payload, error);
    ebb_buffer_free(&raw);
    if (status) {
        ebb_buffer_free(&payload);
        return -1;
    }
    open->count = 0;
    writer->block++;
    return write_block(writer, &block, &payload, error);
}

static int write_list(struct ebb_index_writer *writer, uint32_t type, const struct list *list,
                      struct ebb_error *error)
{
    size_t done, count;

    for (done = 0; done < list->count; done += count) {
        struct ebb_buffer payload = {NULL, 0, 0, false};
        struct ebb_block block = {.type = type, .first = done};

        count = list->count - done < LIST_BLOCK ? list->count - done : LIST_BLOCK;
        block.count = count;
        encode(&payload, list->values + done, count, done ? list->values[done - 1] : 0);
        block.raw_size = payload.size;
        if (write_block(writer, &block, &payload, error)) {
            return -1;
        }
    }
    return 0;
}

static int write_end(struct ebb_index_writer *writer, uint64_t end_position, const char *problem,
                     struct ebb_error *error)
{
    const struct ebb_log *log = writer->log;
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_block block = {
        .type = EBB_BLOCK_INDEX_END,
        .first = writer->event_count,
        .first_position = end_position,
    };

    ebb_buffer_add_varint(&payload, log->event_count);
    ebb_buffer_add_varint(&payload, log->keyframe_count);
    ebb_buffer_add_varint(&payload, log->start.first_event);
    ebb_buffer_add_varint(&payload, log->start.first_keyframe);
    if (problem) {
        ebb_buffer_add(&payload, problem, strnlen(problem, EBB_MAX_PROBLEM));
    }
    block.raw_size = payload.size;
    return write_block(writer, &block, &payload, error);
}

/* --- The interface. --- */

static int add_event(struct ebb_index_writer *writer, uint64_t position, struct ebb_error *error)
{
    if (writer->event_count >= writer->log->event_count) {
        return ebb_fail(error, EBB_ERROR_FAILED, "the index has more events than %s",
                        writer->log->log.name);
    }
    if (position < writer->last_position) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot put event %" PRIu64 " at position %" PRIu64
                        " in the index, which is below that of the one before",
                        writer->event_count, position);
    }
    if (append(&writer->open, position, error)) {
        return -1;
    }
    writer->event_count++;
    writer->last_position = position;
    if (writer->open.count == writer->log->ranges[writer->block].count) {
        return write_open(writer, error);
    }
    return 0;
}

int ebb_index_add_events(struct ebb_index_writer *writer, const uint64_t *positions, size_t count,
                         struct ebb_error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (add_event(writer, positions[i], error)) {
            return -1;
        }
    }
    return 0;
}

int ebb_index_add_keyframe(struct ebb_index_writer *writer, uint64_t position,
                           struct ebb_error *error)
{
    const struct list *keyframes = &writer->keyframes;

    if (keyframes->count == writer->log->place_count ||
        (keyframes->count > 0 && position < keyframes->values[keyframes->count - 1])) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot put keyframe %" PRIu64 " at position %" PRIu64 " in the index",
                        writer->log->start.first_keyframe + keyframes->count, position);
    }
    return append(&writer->keyframes, position, error);
}

int ebb_index_add_exclusive_clear(struct ebb_index_writer *writer, uint64_t position,
                                  struct ebb_error *error)
{
    const struct list *clears = &writer->clears;

    if (clears->count > 0 && position <= clears->values[clears->count - 1]) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot put an exclusive clear at position %" PRIu64
                        " in the index, which is not above the one before",
                        position);
    }
    return append(&writer->clears, position, error);
}

/* What a reader would not accept is not written. */
static int check_whole(const struct ebb_index_writer *writer, uint64_t end_position,
                       const char *problem, struct ebb_error *error)
{
    const struct list *keyframes = &writer->keyframes;

    if (end_position < writer->last_position ||
        (keyframes->count > 0 && end_position < keyframes->values[keyframes->count - 1])) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot end the index at position %" PRIu64
                        ", which is below that of an event or keyframe in it",
                        end_position);
    }
    if ((!problem || !*problem) && (writer->event_count != writer->log->event_count ||
                                    keyframes->count != writer->log->place_count)) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "events or keyframes are missing from the index, for no reason");
    }
    return 0;
}

int ebb_index_commit(struct ebb_index_writer *writer, uint64_t end_position, const char *problem,
                     struct ebb_error *error)
{
    if (check_whole(writer, end_position, problem, error)) {
        return -1;
    }
    if (writer->open.count > 0 && write_open(writer, error)) {
        return -1;
    }
    if (write_list(writer, EBB_BLOCK_KEYFRAME_POSITIONS, &writer->keyframes, error) ||
        write_list(writer, EBB_BLOCK_CLEARS, &writer->clears, error) ||
        write_end(writer, end_position, problem, error)) {
        return -1;
    }
    return ebb_output_rename(&writer->output, writer->log->directory, EBB_INDEX_FILE, error);
}
