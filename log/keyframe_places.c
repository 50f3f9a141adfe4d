/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyframe_places.h"

#include <stdlib.h>

struct indexer {
    struct ebb_log *log;
    uint64_t next_id;
    size_t first_table; /* of the tables of the keyframe to come */
    size_t tables;      /* how many there are so far */
    uint64_t position;  /* of the keyframe before */
    uint64_t event_number;
};

static const char *index_group(struct indexer *indexer, size_t number)
{
    const struct ebb_block *block = &indexer->log->keyframes.blocks[number];

    if (block->first != indexer->next_id || block->count == 0 ||
        block->count > EBB_MAX_GROUP_PAGES || block->raw_size != block->count * EBB_PAGE_SIZE ||
        indexer->tables) {
        return "it does not fit the blocks before";
    }
    indexer->log->groups[indexer->log->group_count++] = number;
    indexer->next_id += block->count;
    return NULL;
}

static const char *index_table(struct indexer *indexer, size_t number)
{
    const struct ebb_block *block = &indexer->log->keyframes.blocks[number];

    if (!indexer->tables) {
        indexer->first_table = number;
    }
    if (block->first != indexer->log->keyframe_count ||
        block->first_position != indexer->tables++ || block->raw_size != block->stored_size) {
        return "it does not fit the blocks before";
    }
    return NULL;
}

static const char *index_keyframe(struct indexer *indexer, size_t number)
{
    const struct ebb_block *block = &indexer->log->keyframes.blocks[number];
    struct ebb_keyframe_place *place = &indexer->log->places[indexer->log->place_count];

    if (block->first != indexer->log->keyframe_count || block->raw_size != block->stored_size ||
        block->first_position < indexer->position || block->first_position > EBB_MAX_POSITION ||
        block->last_position < indexer->event_number) {
        return "it does not fit the blocks before";
    }
    indexer->position = block->first_position;
    indexer->event_number = block->last_position;
    place->block = number;
    place->first_table = number - indexer->tables;
    place->last_id = indexer->next_id - 1;
    place->position = block->first_position;
    place->event_number = block->last_position;
    indexer->tables = 0;
    indexer->log->place_count++;
    indexer->log->keyframe_count++;
    return NULL;
}

static const char *index_block(struct indexer *indexer, size_t number)
{
    switch (indexer->log->keyframes.blocks[number].type) {
    case EBB_BLOCK_PAGES:
        return index_group(indexer, number);
    case EBB_BLOCK_TABLE:
        return index_table(indexer, number);
    case EBB_BLOCK_KEYFRAME:
        return index_keyframe(indexer, number);
    default:
        return "it does not belong in this file";
    }
}

void ebb_keyframe_places_drop_unreachable(struct ebb_log *log)
{
    while (log->place_count > 0) {
        const struct ebb_keyframe_place *place = &log->places[log->place_count - 1];

        if (place->event_number <= log->event_count) {
            if (place->position > log->end_position) {
                log->end_position = place->position;
            }
            return;
        }
        log->place_count--;
        log->keyframe_count--;
    }
}

int ebb_keyframe_places_find(struct ebb_log *log, struct ebb_error *error)
{
    struct indexer indexer = {
        .log = log,
        .next_id = log->start.first_page,
        .position = log->start.position,
        .event_number = log->start.first_event,
    };
    struct ebb_input *input = &log->keyframes;
    struct ebb_error damage;
    size_t i;

    log->places = calloc(input->block_count + 1, sizeof(*log->places));
    log->groups = calloc(input->block_count + 1, sizeof(*log->groups));
    if (!log->places || !log->groups) {
        return ebb_input_no_memory(input, error);
    }
    log->keyframe_count = log->start.first_keyframe;
    for (i = 0; i < input->block_count; i++) {
        const char *problem = index_block(&indexer, i);

        if (problem) {
            ebb_input_corrupt(input, input->blocks[i].offset, problem, &damage);
            if (ebb_input_end_before(input, i, damage.message, error)) {
                return -1;
            }
        }
    }
    ebb_keyframe_places_drop_unreachable(log);
    return 0;
}

void ebb_keyframe_places_free(struct ebb_log *log)
{
    free(log->places);
    free(log->groups);
}
