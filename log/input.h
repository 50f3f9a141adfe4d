/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a file of blocks: its header, the headers of its whole blocks, payloads. Every byte is
 * treated as hostile. Internal to log/.
 */
#ifndef EBB_LOG_INPUT_H
#define EBB_LOG_INPUT_H

#include "buffer.h"
#include "files.h"
#include "format.h"

#include <zstd.h>

struct ebb_input {
    int fd;
    char *name;
    uint64_t size; /* bytes, when it was opened */
    uint64_t recording_id;
    uint32_t flags;
    bool missing;    /* after an error of ebb_input_open(): there is no such file */
    bool has_header; /* false if the file was cut off inside its header */
    struct ebb_block *blocks;
    size_t block_count;
    size_t block_capacity;
    uint64_t used; /* bytes up to the end of the last whole block */
    char *damage;  /* the first thing that is wrong, but for an end that is missing; or NULL */
};

/* Opens a file and checks its header. The input is to be closed also after an error. */
int ebb_input_open(struct ebb_input *input, const struct ebb_log_place *place, const char *file,
                   const char *magic, uint32_t known_flags, struct ebb_error *error);

/* Closes an input that was given to ebb_input_open(), or is all zeroes. */
void ebb_input_close(struct ebb_input *input);

/*
 * Finds the whole blocks, the first of which is at offset first; none if the file ends before.
 * Where a header is damaged and others follow, input->damage says so. The list then has a block
 * that is lost, if skip_lost is set, and goes on behind it; else it ends there. Reads the headers,
 * and payloads from the end on until one is good.
 */
int ebb_input_scan(struct ebb_input *input, uint64_t first, bool skip_lost,
                   struct ebb_error *error);

/* Reads the payloads of all blocks. Before a damaged one the list ends, and input->damage says so.
 */
int ebb_input_check(struct ebb_input *input, struct ebb_error *error);

/* The same, but a damaged payload is an error, as is damage that was met before. */
int ebb_input_require(const struct ebb_input *input, struct ebb_error *error);

/* The same for one share of the payloads: of so many about equal ones, by bytes, that of a number
 * from 0 on. */
int ebb_input_require_share(const struct ebb_input *input, unsigned share, unsigned shares,
                            struct ebb_error *error);

/* Lets the list of blocks end before block number i, which is damaged as the message says. */
int ebb_input_end_before(struct ebb_input *input, size_t i, const char *message,
                         struct ebb_error *error);

/* Fails with EBB_ERROR_CORRUPT, naming file and offset. */
int ebb_input_corrupt(const struct ebb_input *input, uint64_t offset, const char *problem,
                      struct ebb_error *error);

/* Fails for want of memory to read the file. */
int ebb_input_no_memory(const struct ebb_input *input, struct ebb_error *error);

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

#endif
