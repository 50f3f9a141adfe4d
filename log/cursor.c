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
static const char *find_misplaced(const struct ebb_cursor *cursor, const struct ebb_block *block)
{
    const char *problem;
    uint64_t kinds = 0;
    uint32_t i;

    for (i = 0; i < block->count; i++) {
        problem = ebb_event_misplacement(&cursor->events[i], cursor->log->log.flags);
        if (problem) {
            return problem;
        }
        kinds |= ebb_kind_bit(cursor->events[i].kind);
    }
    return block->kinds && block->kinds != kinds ? "its events are not of the kinds it tells of"
                                                 : NULL;
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
        problem = find_misplaced(cursor, block);
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

/* The first block that ends behind an event. */
static size_t find_block(const struct ebb_log *log, uint64_t number)
{
    size_t low = 0, high = log->range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (log->log.blocks[middle].first + log->ranges[middle].count <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int ebb_cursor_seek_event(struct ebb_cursor *cursor, uint64_t number, struct ebb_error *error)
{
    size_t block;
    int status;

    if (number < cursor->log->start.first_event || number > cursor->log->event_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "there is no event %" PRIu64 " in the recording: its events are %" PRIu64
                        " to %" PRIu64,
                        number, cursor->log->start.first_event, cursor->log->event_count);
    }
    block = find_block(cursor->log, number);
    status = enter_block(cursor, block, error);
    if (status <= 0) {
        return status;
    }
    cursor->next = number - cursor->log->log.blocks[block].first;
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

/* The kinds of all blocks that are known. */
static uint64_t known_kinds(const struct ebb_log *log)
{
    uint64_t kinds = 0;
    size_t i;

    for (i = 0; i < log->range_count; i++) {
        kinds |= log->log.blocks[i].lost ? 0 : log->log.blocks[i].kinds;
    }
    return kinds;
}

/* May the block have events of a kind? If it is lost, that of a log which has them elsewhere. */
static bool may_have(const struct ebb_log *log, size_t block, uint32_t kind)
{
    const struct ebb_block *of = &log->log.blocks[block];

    if (of->lost) {
        return known_kinds(log) & ebb_kind_bit(kind);
    }
    return !of->kinds || (of->kinds & ebb_kind_bit(kind));
}

/* The place in the block, which is loaded, of the next event of a kind; its end if there is none.
 */
static size_t find_in_block(const struct ebb_cursor *cursor, uint32_t kind)
{
    size_t i = cursor->next;

    while (i < cursor->count && cursor->events[i].kind != kind) {
        i++;
    }
    return i;
}

int ebb_cursor_seek_kind(struct ebb_cursor *cursor, uint32_t kind, uint64_t from, uint64_t end,
                         struct ebb_error *error)
{
    const struct ebb_input *input = &cursor->log->log;
    size_t block = find_block(cursor->log, from);

    for (; block < cursor->log->range_count && input->blocks[block].first < end; block++) {
        uint64_t first = input->blocks[block].first;

        if (!may_have(cursor->log, block, kind)) {
            continue;
        }
        if (enter_block(cursor, block, error) < 0) {
            return -1;
        }
        cursor->next = from > first ? from - first : 0;
        cursor->next = find_in_block(cursor, kind);
        if (cursor->next < cursor->count) {
            return first + cursor->next < end;
        }
    }
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
