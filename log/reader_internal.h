/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's inside, shared by reader.c (files, blocks), cursor.c and keyframe_reader.c. */
#ifndef EBB_LOG_READER_INTERNAL_H
#define EBB_LOG_READER_INTERNAL_H

#include "format.h"
#include "page_table.h"
#include "reader.h"

#include <pthread.h>
#include <zstd.h>

/* One of the two files with the headers of its whole blocks, in order. */
struct ebb_input {
    int fd;
    char *name;
    uint64_t size; /* bytes, when it was opened */
    uint64_t recording_id;
    uint32_t flags;
    bool has_header; /* false if the file was cut off inside its header */
    struct ebb_block *blocks;
    size_t block_count;
    size_t block_capacity;
    uint64_t used; /* bytes up to the end of the last whole block */
};

/* Where a keyframe lies among the blocks of its file, and its registers once somebody asked. */
struct ebb_keyframe_place {
    size_t block;       /* of type EBB_BLOCK_KEYFRAME */
    size_t first_table; /* its table blocks are first_table to block - 1 */
    uint64_t last_id;   /* of the page contents stored before it */
    struct ebb_register *registers;
    uint8_t *values;
};

/* What is found out later; the mutex makes it safe for several threads. */
struct ebb_log_cache {
    pthread_mutex_t mutex;
    struct ebb_page_table table; /* of keyframe table_number, if has_table */
    uint64_t table_number;
    bool has_table;
};

struct ebb_log {
    struct ebb_input log;
    struct ebb_input keyframes;
    uint64_t event_count;
    bool complete;
    bool counts;
    uint64_t end_position;
    struct ebb_keyframe_place *places;
    size_t keyframe_count;
    size_t *groups; /* blocks of type EBB_BLOCK_PAGES, in order of the ids in them */
    size_t group_count;
    struct ebb_log_cache *cache;
};

/* Fails with EBB_ERROR_CORRUPT, naming file and offset. */
int ebb_input_corrupt(const struct ebb_input *input, uint64_t offset, const char *problem,
                      struct ebb_error *error);

/*
 * Reads a block's stored payload and checks it. The payload is the caller's to free, also after an
 * error; it can be empty or left from the call before.
 */
int ebb_input_read(const struct ebb_input *input, const struct ebb_block *block,
                   struct ebb_buffer *payload, struct ebb_error *error);

/* The same for a compressed block; stored is scratch, raw receives what was compressed. */
int ebb_input_decompress(const struct ebb_input *input, const struct ebb_block *block,
                         ZSTD_DCtx *zstd, struct ebb_buffer *stored, struct ebb_buffer *raw,
                         struct ebb_error *error);

/* Finds the keyframes in the blocks of their file. */
int ebb_log_index_keyframes(struct ebb_log *log, struct ebb_error *error);
void ebb_log_free_keyframes(struct ebb_log *log);

#endif
