/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Part files: what a command has found out about a shard of a recording, for ebb merge. A part is a
 * JSON document:
 *
 *   {"format": "ebb-part", "version": 1,
 *    "command": "verify",            which command's, and so what `found` is
 *    "recording": "1f2e...",         recording_digest.h
 *    "shard": 2, "shards": 8,
 *    "intervals": {"first": 3, "count": 2},    by their places among the recording's
 *    "found": {...},
 *    "digest": "80c1..."}            of all that is before
 *
 * It may come from anybody.
 */
#ifndef EBB_CLI_PART_FILE_H
#define EBB_CLI_PART_FILE_H

#include "sha256.h"
#include "shard.h"

#include <jansson.h>

#define PART_VERSION 1

struct part {
    char command[16];
    char recording[SHA256_TEXT_SIZE];
    struct shard shard;
    struct interval_range intervals;
    json_t *found; /* an object, owned */
};

int part_write(const char *path, const struct part *part, struct ebb_error *error);

/* Tells on standard output which part of the recording in that directory is now in the file. */
void part_tell(const struct part *part, const char *directory, const char *path);

/*
 * Reads a part. EBB_ERROR_USAGE if it is none, or damaged; EBB_ERROR_UNSUPPORTED if it is of
 * another version. What is found is an object, and not looked at. part_free() also after an error.
 */
int part_read(const char *path, struct part *part, struct ebb_error *error);
void part_free(struct part *part);

/* Fails with EBB_ERROR_USAGE: what is found is not what the command finds. */
int part_refuse(const struct part *part, struct ebb_error *error);

#endif
