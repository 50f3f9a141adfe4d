/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page contents are stored once, found again by their hash as long as it is known. A keyframe says
 * for each page that changed which content it has now.
 */
#include "keyframe_writer.h"

#include "digest.h"
#include "writer_queue.h"

#include <inttypes.h>
#include <string.h>

#define GROUP_PAGES 64u   /* page contents compressed together */
#define TABLE_RUNS 65536u /* runs in a table block */

/*
 * Contents that are found again, 2 GiB of them in 32 MiB of memory however long a recording is. A
 * content that is not found is stored again, which costs space and does no harm.
 */
#define CONTENTS_KNOWN (1u << 18)

int ebb_keyframe_begin(struct ebb_log_writer *writer, uint64_t position, uint64_t *number,
                       struct ebb_error *error)
{
    struct ebb_keyframe_state *keyframe = &writer->keyframe;

    if (position < writer->last_position) {
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "cannot write a keyframe at position %" PRIu64
                        ", which is below the last event's",
                        position);
    }
    /* The events before it go to disk before it does, so that it is of use once it is there. */
    if (ebb_writer_queue_close_block(writer, error)) {
        return -1;
    }
    pthread_mutex_lock(&writer->mutex);
    keyframe->event_number = writer->event_count;
    pthread_mutex_unlock(&writer->mutex);
    if (keyframe->open) {
        keyframe->pending_count = 0; /* the one before is given up */
    }
    keyframe->open = true;
    keyframe->position = position;
    *number = keyframe->next_number;
    return 0;
}

static int queue_group(struct ebb_log_writer *writer, struct ebb_error *error)
{
    struct ebb_job *group = writer->keyframe.group;

    writer->keyframe.group = NULL;
    return group ? ebb_writer_queue_add(writer, group, error) : 0;
}

/* Stores a content that is new; *id receives its id. */
static int store_page(struct ebb_log_writer *writer, const void *page, uint64_t *id,
                      struct ebb_error *error)
{
    struct ebb_keyframe_state *keyframe = &writer->keyframe;

    if (!keyframe->group) {
        keyframe->group = ebb_job_new(EBB_BLOCK_PAGES, error);
        if (!keyframe->group) {
            return -1;
        }
        keyframe->group->block.first = keyframe->next_id;
        ebb_buffer_reserve(&keyframe->group->bytes, GROUP_PAGES * EBB_PAGE_SIZE);
    }
    ebb_buffer_add(&keyframe->group->bytes, page, EBB_PAGE_SIZE);
    if (keyframe->group->bytes.failed) {
        keyframe->group->bytes.failed = false;
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory for the pages of a keyframe");
    }
    *id = keyframe->next_id++;
    return ++keyframe->group->block.count == GROUP_PAGES ? queue_group(writer, error) : 0;
}

static int refuse_page(uint64_t page_number, const char *reason, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "cannot add page %" PRIu64 " to a keyframe: %s",
                    page_number, reason);
}

static int add_page(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                    struct ebb_error *error)
{
    struct ebb_keyframe_state *keyframe = &writer->keyframe;
    uint64_t id = 0;

    if (page_number >= EBB_MAX_PAGES) {
        return refuse_page(page_number, "it is too high", error);
    }
    if (!ebb_is_zero(page, EBB_PAGE_SIZE)) {
        struct ebb_page_hash hash = ebb_hash_page(page);

        id = ebb_page_cache_get(&keyframe->contents, CONTENTS_KNOWN, hash);
        if (!id) {
            if (store_page(writer, page, &id, error)) {
                return -1;
            }
            ebb_page_cache_set(&keyframe->contents, CONTENTS_KNOWN, hash, id);
        }
    }
    return ebb_keyframe_state_add(keyframe, page_number, id, error);
}

int ebb_keyframe_add_page(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                          struct ebb_error *error)
{
    return writer->keyframe.open ? add_page(writer, page_number, page, error)
                                 : refuse_page(page_number, "none was begun", error);
}

int ebb_keyframe_add_ahead(struct ebb_log_writer *writer, uint64_t page_number, const void *page,
                           struct ebb_error *error)
{
    /* QEMU has compilers clear what is on the stack: for pages that takes its time. */
    uint8_t copy[EBB_PAGE_SIZE] __attribute__((uninitialized));

    if (writer->keyframe.open) {
        return refuse_page(page_number, "it has begun already", error);
    }
    /* It may be changing: what is hashed has to be what is stored. */
    memcpy(copy, page, sizeof(copy));
    return add_page(writer, page_number, copy, error);
}

int ebb_keyframe_wait_ahead(struct ebb_log_writer *writer, struct ebb_error *error)
{
    return ebb_writer_queue_wait(writer, error);
}

int ebb_keyframe_forget(struct ebb_log_writer *writer, struct ebb_error *error)
{
    if (queue_group(writer, error)) {
        return -1;
    }
    ebb_keyframe_state_forget(&writer->keyframe);
    return 0;
}

/* Queues a block of the keyframes file that is not compressed; takes the payload over. */
static int queue_payload(struct ebb_log_writer *writer, const struct ebb_block *block,
                         struct ebb_buffer *payload, struct ebb_error *error)
{
    struct ebb_job *job = NULL;

    if (payload->failed || payload->size > EBB_MAX_BLOCK_SIZE) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory for a keyframe");
    } else {
        job = ebb_job_new(block->type, error);
    }
    if (!job) {
        ebb_buffer_free(payload);
        return -1;
    }
    job->block = *block;
    job->bytes = *payload;
    return ebb_writer_queue_add(writer, job, error);
}

/* Writes the changes as table blocks; *blocks receives their number. */
static int queue_table(struct ebb_log_writer *writer, const struct ebb_page_table *changes,
                       uint64_t *blocks, struct ebb_error *error)
{
    size_t done = 0;

    for (*blocks = 0; done < changes->count; ++*blocks) {
        size_t left = changes->count - done;
        struct ebb_buffer payload = {NULL, 0, 0, false};
        struct ebb_block block = {
            .type = EBB_BLOCK_TABLE,
            .count = left < TABLE_RUNS ? left : TABLE_RUNS,
            .first = writer->keyframe.next_number,
            .first_position = *blocks,
        };

        ebb_page_table_encode(changes->runs + done, block.count, &payload);
        done += block.count;
        if (queue_payload(writer, &block, &payload, error)) {
            return -1;
        }
    }
    return 0;
}

static void encode_register(struct ebb_buffer *payload, const struct ebb_register *reg,
                            uint64_t *id)
{
    ebb_buffer_add_varint(payload, ebb_zigzag(reg->id - *id));
    ebb_buffer_add_varint(payload, reg->size);
    ebb_buffer_add(payload, reg->value, reg->size);
    *id = reg->id;
}

static int queue_registers(struct ebb_log_writer *writer, uint64_t table_blocks,
                           const struct ebb_register *registers, size_t count,
                           struct ebb_error *error)
{
    struct ebb_buffer payload = {NULL, 0, 0, false};
    struct ebb_block block = {
        .type = EBB_BLOCK_KEYFRAME,
        .count = count,
        .first = writer->keyframe.next_number,
        .first_position = writer->keyframe.position,
        .last_position = writer->keyframe.event_number,
    };
    uint64_t id = 0;
    size_t i;

    ebb_buffer_add_varint(&payload, table_blocks);
    for (i = 0; i < count; i++) {
        encode_register(&payload, &registers[i], &id);
    }
    return queue_payload(writer, &block, &payload, error);
}

static int commit(struct ebb_log_writer *writer, const struct ebb_register *registers, size_t count,
                  struct ebb_error *error)
{
    struct ebb_page_table changes = {NULL, 0, 0, false};
    uint64_t blocks = 0;
    int status = -1;

    if (!ebb_keyframe_state_collect(&writer->keyframe, &changes, error) &&
        !queue_group(writer, error) && !queue_table(writer, &changes, &blocks, error)) {
        status = queue_registers(writer, blocks, registers, count, error);
    }
    ebb_page_table_free(&changes);
    return status;
}

int ebb_keyframe_commit(struct ebb_log_writer *writer, const struct ebb_register *registers,
                        size_t count, struct ebb_error *error)
{
    struct ebb_error local;
    size_t i;

    if (!writer->keyframe.open) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot commit a keyframe that was not begun");
    }
    for (i = 0; i < count; i++) {
        if (registers[i].size < 1 || registers[i].size > EBB_MAX_REGISTER_SIZE) {
            return ebb_fail(error, EBB_ERROR_FAILED,
                            "cannot write register 0x%" PRIx64 " of %" PRIu32 " bytes",
                            registers[i].id, registers[i].size);
        }
    }
    writer->keyframe.open = false;
    if (commit(writer, registers, count, &local)) {
        /* Later keyframes would build on one that is not there. */
        ebb_writer_queue_fail(writer, &local);
        if (error) {
            *error = local;
        }
        return -1;
    }
    writer->last_position = writer->keyframe.position;
    writer->keyframe.next_number++;
    return 0;
}
