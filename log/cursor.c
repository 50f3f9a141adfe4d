/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cursor.h"

#include "event_encoding.h"
#include "index_reader.h"

#include <inttypes.h>
#include <stdlib.h>

struct ebb_cursor {
    const struct ebb_log *log;
    ZSTD_DCtx *zstd;
    struct ebb_buffer stored;
    struct ebb_buffer raw;
    struct ebb_buffer positions; /* of the block, from the index */
    struct ebb_event *events;    /* of the decoded block */
    size_t capacity;
    bool loaded;  /* events holds block number `block` */
    size_t block; /* range_count: at the end of the log */
    size_t next;  /* the event in it that the cursor stands before */
    size_t count; /* events in it, if loaded; else 0 */
};

struct ebb_cursor *ebb_cursor_new(const struct ebb_log *log, struct ebb_error *error)
{
    struct ebb_cursor *cursor = calloc(1, sizeof(*cursor));

    if (cursor) {
        cursor->log = log;
        cursor->zstd = ZSTD_createDCtx();
        if (!cursor->zstd) {
            free(cursor);
            cursor = NULL;
        }
    }
    if (!cursor) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for reading the log");
    }
    return cursor;
}

void ebb_cursor_free(struct ebb_cursor *cursor)
{
    if (cursor) {
        ZSTD_freeDCtx(cursor->zstd);
        ebb_buffer_free(&cursor->stored);
        ebb_buffer_free(&cursor->raw);
        ebb_buffer_free(&cursor->positions);
        free(cursor->events);
        free(cursor);
    }
}

static int reserve_events(struct ebb_cursor *cursor, size_t count, struct ebb_error *error)
{
    struct ebb_event *events;

    if (count <= cursor->capacity) {
        return 0;
    }
    events = realloc(cursor->events, count * sizeof(*events));
    if (!events) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for reading the log");
    }
    cursor->events = events;
    cursor->capacity = count;
    return 0;
}

/* What is wrong with events that follow the rules for themselves; NULL if nothing is. */
static const char *find_misplaced(const struct ebb_cursor *cursor, size_t count)
{
    size_t i;

    for (i = 0; i < count && !cursor->log->counts; i++) {
        if (ebb_event_kind_has_place(cursor->events[i].kind)) {
            return "it has an anchor or an exit, in a log without counts";
        }
    }
    return NULL;
}

/* Puts the index's positions into the events that were decoded. */
static int overlay_positions(struct ebb_cursor *cursor, struct ebb_error *error)
{
    const struct ebb_input *index = &cursor->log->index;
    const struct ebb_block *block = &index->blocks[cursor->block];
    const char *problem;

    if (ebb_input_decompress(index, block, cursor->zstd, &cursor->stored, &cursor->positions,
                             error)) {
        return -1;
    }
    problem = ebb_index_reader_decode(&cursor->positions, &cursor->log->ranges[cursor->block],
                                      cursor->events);
    return problem ? ebb_input_corrupt(index, block->offset, problem, error) : 0;
}

/* Decodes the block the cursor stands in, unless it is there already. */
static int load(struct ebb_cursor *cursor, struct ebb_error *error)
{
    const struct ebb_input *input = &cursor->log->log;
    const struct ebb_block *block = &input->blocks[cursor->block];
    const char *problem;

    if (cursor->loaded) {
        return 0;
    }
    if (block->lost) {
        return ebb_input_corrupt(input, block->offset, "its header is not valid", error);
    }
    if (reserve_events(cursor, block->count, error) ||
        ebb_input_decompress(input, block, cursor->zstd, &cursor->stored, &cursor->raw, error)) {
        return -1;
    }
    problem = ebb_event_decode(cursor->raw.bytes, cursor->raw.size, cursor->events, block->count,
                               block->first_position);
    if (!problem && (cursor->events[0].position != block->first_position ||
                     cursor->events[block->count - 1].position != block->last_position)) {
        problem = "its events do not fit its header";
    }
    if (!problem) {
        problem = find_misplaced(cursor, block->count);
    }
    if (problem) {
        return ebb_input_corrupt(input, block->offset, problem, error);
    }
    if (cursor->log->resolved && overlay_positions(cursor, error)) {
        return -1;
    }
    cursor->loaded = true;
    cursor->count = cursor->log->ranges[cursor->block].count;
    return 0;
}

static void move_to_block(struct ebb_cursor *cursor, size_t block)
{
    if (cursor->block != block) {
        cursor->block = block;
        cursor->loaded = false;
        cursor->count = 0;
    }
    cursor->next = 0;
}

/* Stands at the beginning of a block. Returns like ebb_cursor_next(). */
static int enter_block(struct ebb_cursor *cursor, size_t block, struct ebb_error *error)
{
    move_to_block(cursor, block);
    if (cursor->block == cursor->log->range_count) {
        return 0;
    }
    return load(cursor, error) ? -1 : 1;
}

int ebb_cursor_next(struct ebb_cursor *cursor, struct ebb_event *event, struct ebb_error *error)
{
    if (cursor->next >= cursor->count) {
        int status = enter_block(cursor, cursor->block + cursor->loaded, error);

        if (status <= 0) {
            return status;
        }
    }
    *event = cursor->events[cursor->next++];
    return 1;
}

int ebb_cursor_seek_event(struct ebb_cursor *cursor, uint64_t number, struct ebb_error *error)
{
    const struct ebb_input *input = &cursor->log->log;
    size_t low = 0, high = cursor->log->range_count;
    int status;

    if (number < cursor->log->start.first_event || number > cursor->log->event_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no event %" PRIu64 " in the recording: its events are %" PRIu64
                        " to %" PRIu64,
                        number, cursor->log->start.first_event, cursor->log->event_count);
    }
    /* The first block that ends behind the event. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (input->blocks[middle].first + cursor->log->ranges[middle].count <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    status = enter_block(cursor, low, error);
    if (status <= 0) {
        return status;
    }
    cursor->next = number - input->blocks[low].first;
    return 0;
}

int ebb_cursor_seek_position(struct ebb_cursor *cursor, uint64_t position, struct ebb_error *error)
{
    size_t low = 0, high = cursor->log->range_count;
    int status;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cursor->log->ranges[middle].last_position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    status = enter_block(cursor, low, error);
    if (status <= 0) {
        return status;
    }
    low = 0;
    high = cursor->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cursor->events[middle].position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    cursor->next = low;
    return 0;
}

uint64_t ebb_cursor_event_number(const struct ebb_cursor *cursor)
{
    const struct ebb_input *input = &cursor->log->log;

    if (cursor->block == cursor->log->range_count) {
        return cursor->log->event_count;
    }
    return input->blocks[cursor->block].first + cursor->next;
}
