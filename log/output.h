/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a file of blocks: its header, then block after block. Internal to log/. */
#ifndef EBB_LOG_OUTPUT_H
#define EBB_LOG_OUTPUT_H

#include "buffer.h"
#include "format.h"

struct ebb_output {
    int fd;
    char *name;
    const char *after_error; /* added to a message; not NULL */
    uint64_t recording_id;
    uint64_t offset; /* bytes written */
};

/* An output without a file. */
#define EBB_OUTPUT_NONE                                                                            \
    {                                                                                              \
        .fd = -1, .after_error = ""                                                                \
    }

/*
 * Makes a file and writes its header. open_flags is O_EXCL: there must be none of this name yet; or
 * O_TRUNC: it is emptied. The output is to be closed also after an error.
 */
int ebb_output_open(struct ebb_output *output, const char *directory, const char *file,
                    int open_flags, const char *magic, uint64_t recording_id, uint32_t flags,
                    struct ebb_error *error);

/*
 * Completes a block's header and appends it with the payload; the caller counts its bytes, header
 * included, to offset.
 */
int ebb_output_block(struct ebb_output *output, struct ebb_block *block,
                     const struct ebb_buffer *payload, struct ebb_error *error);

/* Closes the file, if there is one, and leaves an output without. */
int ebb_output_close(struct ebb_output *output, struct ebb_error *error);

/* Closes the file and gives it another name in the directory, over what is there. */
int ebb_output_rename(struct ebb_output *output, const char *directory, const char *file,
                      struct ebb_error *error);

/* Closes the file and removes it. */
void ebb_output_discard(struct ebb_output *output);

#endif
