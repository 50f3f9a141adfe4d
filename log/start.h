/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a recording begins whose older part was dropped: the file `start`. Internal to log/.
 */
#ifndef EBB_LOG_START_H
#define EBB_LOG_START_H

#include "error.h"
#include "files.h"

#include <stdbool.h>
#include <stdint.h>

struct ebb_start {
    uint64_t first_event;
    uint64_t position;   /* none below it is left */
    uint64_t log_offset; /* of the block of the first event in the log, bytes */
    uint64_t first_keyframe;
    uint64_t keyframes_offset; /* of the first block of the first keyframe in its file, bytes */
    uint64_t first_page;       /* id of the first page content that is left */
};

/* The start of a recording from which nothing was dropped. */
struct ebb_start ebb_start_whole(void);

/*
 * Reads the file. Returns 1 and fills *start and *recording_id; or 0 and fills *start as
 * ebb_start_whole() if there is no file; or -1.
 */
int ebb_start_read(const struct ebb_log_place *place, struct ebb_start *start,
                   uint64_t *recording_id, struct ebb_error *error);

/* Fails if the directory holds the file. */
int ebb_start_check_none(const char *directory, struct ebb_error *error);

/* Writes the file, over an older one; when it returns 0 it is on the disk itself. */
int ebb_start_write(const char *directory, const struct ebb_start *start, uint64_t recording_id,
                    struct ebb_error *error);

#endif
