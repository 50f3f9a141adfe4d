/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything is looked at in an overlay first, which takes the place of the log's own positions
 * only if all of it makes sense. Positions of events stay in the file until a cursor needs them.
 */
#include "index_reader.h"

#include "keyframe_places.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A list of positions in rising order. */
struct positions {
    uint64_t *values;
    size_t count;
};

struct overlay {
    struct ebb_input index;
    struct ebb_event_range *ranges;
    size_t range_count;
    uint64_t event_count;
    uint64_t end_position;
    struct positions keyframes;
    struct positions clears;
    char *problem;
};

static void free_overlay(struct overlay *overlay)
{
    ebb_input_close(&overlay->index);
    free(overlay->ranges);
    free(overlay->keyframes.values);
    free(overlay->clears.values);
    free(overlay->problem);
}

/* --- The end: what the index belongs to. --- */

static int check_fit(const struct ebb_input *index, const struct ebb_log *log,
                     struct ebb_span *payload, struct ebb_error *error)
{
    uint64_t event_count = ebb_span_varint(payload), keyframe_count = ebb_span_varint(payload);
    uint64_t first_event = ebb_span_varint(payload), first_keyframe = ebb_span_varint(payload);

    if (payload->failed) {
        return ebb_input_corrupt(index, index->blocks[index->block_count - 1].offset,
                                 "it is cut short", error);
    }
    if (event_count != log->event_count || keyframe_count != log->keyframe_count ||
        first_event != log->start.first_event || first_keyframe != log->start.first_keyframe) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s does not fit the log: it is for events %" PRIu64 " to %" PRIu64
                        " and keyframes %" PRIu64 " to %" PRIu64 ", the log has %" PRIu64
                        " to %" PRIu64 " and %" PRIu64 " to %" PRIu64,
                        index->name, first_event, event_count, first_keyframe, keyframe_count,
                        log->start.first_event, log->event_count, log->start.first_keyframe,
                        log->keyframe_count);
    }
    return 0;
}

/* The text in the end, without characters that a terminal would take for commands. */
static char *copy_text(const struct ebb_span *text)
{
    char *copy = malloc(text->left + 1);
    size_t i;

    for (i = 0; copy && i < text->left; i++) {
        uint8_t byte = text->bytes[i];

        copy[i] = (byte >= ' ' && byte < 0x7f) || byte == '\n' ? byte : '?';
    }
    if (copy) {
        copy[text->left] = 0;
    }
    return copy;
}

static int read_end(struct overlay *overlay, const struct ebb_log *log, struct ebb_error *error)
{
    const struct ebb_input *index = &overlay->index;
    const struct ebb_block *block =
        index->block_count > 0 ? &index->blocks[index->block_count - 1] : NULL;
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_span span;
    int status;

    if (!block || block->type != EBB_BLOCK_INDEX_END || index->used != index->size) {
        return ebb_input_corrupt(index, index->used, "the end of the index is not there", error);
    }
    if (ebb_input_read(index, block, &payload, error)) {
        ebb_buffer_free(&payload);
        return -1;
    }
    span = (struct ebb_span){payload.bytes, payload.size, false};
    status = check_fit(index, log, &span, error);
    if (!status && span.left > EBB_MAX_PROBLEM) {
        status = ebb_input_corrupt(index, block->offset, "its text is too long", error);
    }
    if (!status && span.left > 0) {
        overlay->problem = copy_text(&span);
        status = overlay->problem ? 0 : ebb_input_no_memory(index, error);
    }
    if (!status && block->first_position > EBB_MAX_POSITION) {
        status = ebb_input_corrupt(index, block->offset, "its position makes no sense", error);
    }
    overlay->event_count = block->first;
    overlay->end_position = block->first_position;
    ebb_buffer_free(&payload);
    return status;
}

/* --- Positions of events. --- */

/* Looks at the header of the index's block i. Returns NULL, or what is wrong. */
static const char *check_range(const struct overlay *overlay, const struct ebb_log *log, size_t i,
                               uint64_t position)
{
    const struct ebb_block *block = &overlay->index.blocks[i];

    if (i >= log->range_count || block->first != log->log.blocks[i].first || block->count == 0 ||
        block->count > log->log.blocks[i].count || block->first_position < position ||
        block->last_position < block->first_position) {
        return "it does not fit the log's block";
    }
    return NULL;
}

static int read_ranges(struct overlay *overlay, const struct ebb_log *log, struct ebb_error *error)
{
    const struct ebb_input *index = &overlay->index;
    uint64_t position = 0, next = log->start.first_event;
    size_t i;

    overlay->ranges = calloc(index->block_count, sizeof(*overlay->ranges));
    if (!overlay->ranges) {
        return ebb_input_no_memory(index, error);
    }
    for (i = 0; index->blocks[i].type == EBB_BLOCK_POSITIONS; i++) {
        const struct ebb_block *block = &index->blocks[i];
        const char *problem = check_range(overlay, log, i, position);

        if (!problem && block->first != next) {
            problem = "the block before it is not whole";
        }
        if (problem) {
            return ebb_input_corrupt(index, block->offset, problem, error);
        }
        overlay->ranges[i].first_position = block->first_position;
        overlay->ranges[i].last_position = block->last_position;
        overlay->ranges[i].count = block->count;
        position = block->last_position;
        next = block->first + block->count;
    }
    overlay->range_count = i;
    if (next != overlay->event_count || position > overlay->end_position ||
        (next != log->event_count && !overlay->problem)) {
        return ebb_input_corrupt(index, index->blocks[index->block_count - 1].offset,
                                 "it does not fit the positions before", error);
    }
    return 0;
}

const char *ebb_index_reader_decode(const struct ebb_buffer *raw,
                                    const struct ebb_event_range *range, struct ebb_event *events)
{
    struct ebb_span span = {raw->bytes, raw->size, false};
    uint64_t position = range->first_position;
    uint32_t i;

    for (i = 0; i < range->count; i++) {
        uint64_t step = ebb_span_varint(&span);

        if (span.failed || step > range->last_position - position) {
            return "its positions make no sense";
        }
        position += step;
        events[i].position = position;
    }
    if (span.left > 0 || position != range->last_position ||
        events[0].position != range->first_position) {
        return "its positions do not fit its header";
    }
    return NULL;
}

/* --- Positions of keyframes, and exclusive clears. --- */

/* Adds the payload of one block to a list. Returns NULL, or what is wrong. */
static const char *decode_list(struct positions *list, const struct ebb_block *block,
                               const struct ebb_buffer *payload, bool rising)
{
    struct ebb_span span = {payload->bytes, payload->size, false};
    uint64_t last = list->count ? list->values[list->count - 1] : 0, *values;
    size_t i;

    /* Each takes a byte at least, which bounds the memory by the size of the file. */
    if (block->first != list->count || block->count > payload->size) {
        return "it does not fit the blocks before";
    }
    values = realloc(list->values, (list->count + block->count + 1) * sizeof(*values));
    if (!values) {
        return "there is no memory for it";
    }
    list->values = values;
    for (i = 0; i < block->count; i++) {
        uint64_t step = ebb_span_varint(&span);

        if (span.failed || step > EBB_MAX_POSITION - last || (rising && list->count && step == 0)) {
            return "its positions make no sense";
        }
        last += step;
        list->values[list->count++] = last;
    }
    return span.left > 0 ? "it has bytes that belong to no position" : NULL;
}

/* Reads the blocks of one type from *next on. */
static int read_list(const struct ebb_input *index, uint32_t type, size_t *next, bool rising,
                     struct positions *list, struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    int status = 0;

    for (; index->blocks[*next].type == type && !status; ++*next) {
        const struct ebb_block *block = &index->blocks[*next];
        const char *problem;

        status = ebb_input_read(index, block, &payload, error);
        problem = status ? NULL : decode_list(list, block, &payload, rising);
        if (problem) {
            status = ebb_input_corrupt(index, block->offset, problem, error);
        }
    }
    ebb_buffer_free(&payload);
    return status;
}

/* Is each keyframe at a position between those of the events around it? */
static bool keyframes_fit(const struct overlay *overlay, const struct ebb_log *log)
{
    uint64_t before = 0; /* the last position of the ranges before range */
    size_t range = 0, i;

    for (i = 0; i < overlay->keyframes.count; i++) {
        uint64_t event = log->places[i].event_number, position = overlay->keyframes.values[i];

        while (range < overlay->range_count &&
               event >= log->log.blocks[range].first + overlay->ranges[range].count) {
            before = overlay->ranges[range++].last_position;
        }
        if (position < before || position > overlay->end_position) {
            return false;
        }
        if (range < overlay->range_count && event == log->log.blocks[range].first &&
            position > overlay->ranges[range].first_position) {
            return false;
        }
    }
    return true;
}

static int read_lists(struct overlay *overlay, const struct ebb_log *log, struct ebb_error *error)
{
    const struct ebb_input *index = &overlay->index;
    size_t next = overlay->range_count;

    if (read_list(index, EBB_BLOCK_KEYFRAME_POSITIONS, &next, false, &overlay->keyframes, error) ||
        read_list(index, EBB_BLOCK_CLEARS, &next, true, &overlay->clears, error)) {
        return -1;
    }
    if (next != index->block_count - 1) {
        return ebb_input_corrupt(index, index->blocks[next].offset, "it does not belong here",
                                 error);
    }
    if (overlay->keyframes.count > log->place_count ||
        (overlay->keyframes.count < log->place_count && !overlay->problem) ||
        !keyframes_fit(overlay, log)) {
        return ebb_input_corrupt(index, index->blocks[next].offset,
                                 "positions of keyframes do not fit the log", error);
    }
    return 0;
}

/* --- All of it. --- */

static int read_index(struct overlay *overlay, const struct ebb_log *log, struct ebb_error *error)
{
    const struct ebb_input *index = &overlay->index;

    if (!index->has_header || index->recording_id != log->log.recording_id) {
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s belongs to another recording", index->name);
    }
    /* All of it is read, so that damage is found now and not in the middle of a replay. */
    if (ebb_input_scan(&overlay->index, EBB_FILE_HEADER_SIZE, false, error) ||
        ebb_input_require(index, error) || read_end(overlay, log, error) ||
        read_ranges(overlay, log, error)) {
        return -1;
    }
    return read_lists(overlay, log, error);
}

/* Lets the log have what is in the overlay, and leaves there what is to be freed. */
static void install(struct overlay *overlay, struct ebb_log *log)
{
    struct overlay rest = {.ranges = log->ranges, .keyframes = overlay->keyframes};
    size_t i;

    log->complete = log->complete && overlay->event_count == log->event_count;
    log->ranges = overlay->ranges;
    log->range_count = overlay->range_count;
    log->event_count = overlay->event_count;
    log->end_position = overlay->end_position;
    log->place_count = overlay->keyframes.count;
    log->keyframe_count = log->start.first_keyframe + log->place_count;
    for (i = 0; i < log->place_count; i++) {
        log->places[i].position = overlay->keyframes.values[i];
    }
    ebb_keyframe_places_drop_unreachable(log);
    log->index = overlay->index;
    log->clears = overlay->clears.values;
    log->clear_count = overlay->clears.count;
    log->problem = overlay->problem;
    log->resolved = true;
    *overlay = rest;
}

void ebb_index_reader_apply(struct ebb_log *log, const struct ebb_log_place *place)
{
    struct overlay overlay = {.ranges = NULL};
    struct ebb_error error;
    int status = ebb_input_open(&overlay.index, place, EBB_INDEX_FILE, EBB_INDEX_MAGIC, 0, &error);

    if (!status) {
        status = read_index(&overlay, log, &error);
    }
    if (!status) {
        install(&overlay, log);
    } else if (!overlay.index.missing) {
        log->index_problem = strdup(error.message);
    }
    free_overlay(&overlay);
}
