/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_sets.h"

#include "log_state.h"
#include "output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HASH_SIZE 4u

bool ebb_page_set_has(const struct ebb_page_set *set, uint32_t hash)
{
    size_t low = 0, high = set->count;

    if (set->flags & EBB_PAGE_SET_UNKNOWN) {
        return true;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->hashes[middle] == hash) {
            return true;
        }
        if (set->hashes[middle] < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

void ebb_page_sets_free(struct ebb_page_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(sets[i].hashes);
    }
    free(sets);
}

/* --- Writing. --- */

static int open_temporary(struct ebb_output *output, const struct ebb_log *log,
                          struct ebb_error *error)
{
    uint64_t random = 0;
    char name[sizeof(EBB_PAGES_FILE) + 17];

    /* Two that replay the same recording at the same time do not get into each other's way. */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
        random = (uintptr_t)output;
    }
    snprintf(name, sizeof(name), "%s.%016" PRIx64, EBB_PAGES_FILE, random);
    return ebb_output_open(output, log->directory, name, O_EXCL, EBB_PAGES_MAGIC,
                           log->log.recording_id, 0, error);
}

static int write_payload(struct ebb_output *output, struct ebb_block *block,
                         struct ebb_buffer *payload, struct ebb_error *error)
{
    int status;

    if (payload->failed) {
        status = ebb_fail(error, EBB_ERROR_FAILED, "no memory to write %s", output->name);
    } else {
        block->raw_size = payload->size;
        status = ebb_output_block(output, block, payload, error);
        output->offset += EBB_BLOCK_HEADER_SIZE + payload->size;
    }
    ebb_buffer_free(payload);
    return status;
}

static int write_set(struct ebb_output *output, const struct ebb_page_set *set,
                     struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_block block = {
        .type = EBB_BLOCK_PAGE_SET,
        .count = set->count,
        .first = set->flags,
        .first_position = set->from,
        .last_position = set->to,
    };
    uint8_t bytes[HASH_SIZE];

    for (size_t i = 0; i < set->count; i++) {
        ebb_put_le32(bytes, set->hashes[i]);
        ebb_buffer_add(&payload, bytes, sizeof(bytes));
    }
    return write_payload(output, &block, &payload, error);
}

/* Of all that positions were taken from; 0 if the log has them itself. */
static uint64_t checksum_of_index(const struct ebb_log *log)
{
    uint64_t sum = 0;

    for (size_t i = 0; log->resolved && i < log->index.block_count; i++) {
        sum = sum * 31 + log->index.blocks[i].checksum;
    }
    return sum;
}

static uint64_t numbers_of(const struct ebb_log *log, unsigned i)
{
    const uint64_t numbers[] = {log->event_count, log->keyframe_count, log->start.first_event,
                                log->end_position, checksum_of_index(log)};

    return numbers[i];
}

#define NUMBERS 5u

/* What the sets belong to: without this block they are none. */
static int write_end(struct ebb_output *output, const struct ebb_log *log, size_t count,
                     struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_block block = {.type = EBB_BLOCK_PAGE_SETS_END, .first = count};

    for (unsigned i = 0; i < NUMBERS; i++) {
        ebb_buffer_add_varint(&payload, numbers_of(log, i));
    }
    return write_payload(output, &block, &payload, error);
}

int ebb_page_sets_write(const struct ebb_log *log, const struct ebb_page_set *sets, size_t count,
                        struct ebb_error *error)
{
    struct ebb_output output = EBB_OUTPUT_NONE;
    int status = open_temporary(&output, log, error);

    for (size_t i = 0; status == 0 && i < count; i++) {
        status = write_set(&output, &sets[i], error);
    }
    if (status == 0) {
        status = write_end(&output, log, count, error);
    }
    if (status == 0) {
        return ebb_output_rename(&output, log->directory, EBB_PAGES_FILE, error);
    }
    ebb_output_discard(&output);
    return -1;
}

/* --- Reading. --- */

/* Whether the file is whole and made of this log. */
static bool fits(const struct ebb_input *input, const struct ebb_log *log)
{
    const struct ebb_block *end =
        input->block_count > 0 ? &input->blocks[input->block_count - 1] : NULL;
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_error ignored;
    struct ebb_span span;
    bool same;

    if (!end || end->type != EBB_BLOCK_PAGE_SETS_END || input->used != input->size ||
        end->first != input->block_count - 1 || end->first > EBB_MAX_PAGE_SETS ||
        input->recording_id != log->log.recording_id ||
        ebb_input_read(input, end, &payload, &ignored)) {
        ebb_buffer_free(&payload);
        return false;
    }
    span = (struct ebb_span){payload.bytes, payload.size, false};
    same = true;
    for (unsigned i = 0; i < NUMBERS; i++) {
        same = ebb_span_varint(&span) == numbers_of(log, i) && same;
    }
    same = same && !span.failed;
    ebb_buffer_free(&payload);
    return same;
}

static bool makes_sense(const struct ebb_block *block, const struct ebb_page_set *before)
{
    return block->type == EBB_BLOCK_PAGE_SET && block->count <= EBB_MAX_PAGE_SET &&
           block->raw_size == block->count * HASH_SIZE && block->stored_size == block->raw_size &&
           block->first_position < block->last_position &&
           block->last_position <= EBB_MAX_POSITION &&
           (!before || before->to == block->first_position);
}

/* 1: there is nothing wrong with it; 0: there is; -1: *error. */
static int read_set(const struct ebb_input *input, const struct ebb_block *block,
                    struct ebb_buffer *payload, struct ebb_page_set *set, struct ebb_error *error)
{
    struct ebb_error ignored;

    if (ebb_input_read(input, block, payload, &ignored)) {
        return 0;
    }
    *set = (struct ebb_page_set){
        .from = block->first_position,
        .to = block->last_position,
        .flags = block->first,
        .count = block->count,
        .hashes = malloc(block->count * sizeof(*set->hashes) + 1),
    };
    if (!set->hashes) {
        return ebb_fail(error, EBB_ERROR_FAILED, "no memory to read %s", input->name);
    }
    for (size_t i = 0; i < set->count; i++) {
        set->hashes[i] = ebb_get_le32(payload->bytes + HASH_SIZE * i);
        if (i > 0 && set->hashes[i] <= set->hashes[i - 1]) {
            return 0;
        }
    }
    return 1;
}

static int read_sets(const struct ebb_input *input, struct ebb_page_set **sets, size_t *count,
                     struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    size_t wanted = input->block_count - 1, i;
    int status = 1;

    *sets = calloc(wanted + 1, sizeof(**sets));
    if (!*sets) {
        return ebb_fail(error, EBB_ERROR_FAILED, "no memory to read %s", input->name);
    }
    for (i = 0; i < wanted && status > 0; i++) {
        const struct ebb_block *block = &input->blocks[i];

        status = makes_sense(block, i > 0 ? &(*sets)[i - 1] : NULL)
                     ? read_set(input, block, &payload, &(*sets)[i], error)
                     : 0;
    }
    ebb_buffer_free(&payload);
    if (status <= 0) {
        ebb_page_sets_free(*sets, wanted);
        *sets = NULL;
        return status;
    }
    *count = wanted;
    return 0;
}

int ebb_page_sets_read(const struct ebb_log *log, struct ebb_page_set **sets, size_t *count,
                       struct ebb_error *error)
{
    const struct ebb_log_place place = {.directory = log->directory};
    struct ebb_input input = {.fd = -1};
    struct ebb_error ignored;
    int status = 0;

    *sets = NULL;
    *count = 0;
    if (ebb_input_open(&input, &place, EBB_PAGES_FILE, EBB_PAGES_MAGIC, 0, &ignored) == 0 &&
        ebb_input_scan(&input, EBB_FILE_HEADER_SIZE, false, &ignored) == 0 && !input.damage &&
        fits(&input, log)) {
        status = read_sets(&input, sets, count, error);
    }
    ebb_input_close(&input);
    return status;
}
