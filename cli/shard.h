/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shards: a recording's intervals, shared out among processes that know nothing of each other, on
 * one machine or on many. Which intervals a shard has follows from where the keyframes are and how
 * many shards there are, and from nothing else.
 */
#ifndef EBB_CLI_SHARD_H
#define EBB_CLI_SHARD_H

#include "recording.h"

#include <stdbool.h>

#define SHARD_MAX 1000000u

struct shard {
    unsigned number; /* 1 to count */
    unsigned count;
};

/* What a command's options --shard and --output ask for. */
struct shard_request {
    bool wanted;
    struct shard shard;
    const char *output; /* where the part goes */
};

/* Reads the two options (NULL: not given), which go together. */
int shard_request_read(struct shard_request *request, const char *shard, const char *output,
                       struct ebb_error *error);

/* Refuses a shard of a recording whose positions are not known, and one whose part could not be
 * written. */
int shard_request_check(const struct shard_request *request, const struct recording *recording,
                        struct ebb_error *error);

/* The beginnings of a log's intervals, one for each keyframe: positions, or counts if the log has
 * counts. They never go down. */
struct interval_list {
    uint64_t *starts; /* owned */
    size_t count;
    uint64_t end; /* of the last */
};
int interval_list_read(struct interval_list *list, const struct ebb_log *log,
                       struct ebb_error *error);
void interval_list_free(struct interval_list *list);

/* Where interval i begins; behind the last one, where that ends. */
uint64_t interval_list_start(const struct interval_list *list, size_t i);

/*
 * A shard's intervals, by their places in the list; they lie one behind the other. All shards of a
 * count together have each interval once. History is cut into so many stretches of as many
 * instructions each, and an interval belongs to the one in which its middle is: no shard has more
 * than such a stretch and one interval. One may have none.
 */
struct interval_range {
    size_t first, count;
};
struct interval_range shard_intervals(const struct shard *shard, const struct interval_list *list);

/* Where these intervals of a shard begin and end (UINT64_MAX: to the end of history, and that).
 * Where a keyframe is at the end, the empty interval behind it has nothing: the end is the shard's
 * that comes to it. */
void shard_bounds(const struct interval_list *list, const struct interval_range *range,
                  uint64_t *begin, uint64_t *end);

#endif
