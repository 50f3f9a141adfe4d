/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of one whole: every shard of one command over one recording, once. */
#ifndef EBB_CLI_PART_SET_H
#define EBB_CLI_PART_SET_H

#include "part_file.h"

struct part_set {
    struct part *parts; /* in the order of their shards, owned */
    unsigned count;
};

/*
 * Reads the parts in these files, whose order does not matter. Fails as part_read() does, and with
 * EBB_ERROR_USAGE if they are not of one command, recording and number of shards, if a shard is
 * missing or there twice. part_set_free() also after an error.
 */
int part_set_read(struct part_set *set, char *const *paths, int count, struct ebb_error *error);
void part_set_free(struct part_set *set);

/* Refuses parts of another recording than the one in the directory, of which these are the digest
 * and the intervals. */
int part_set_check(const struct part_set *set, const char *directory, const char *digest,
                   const struct interval_list *intervals, struct ebb_error *error);

#endif
