/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of one interval, from the worker to whoever scans. */
#ifndef EBB_REPLAY_TIMELINE_SCAN_ROWS_H
#define EBB_REPLAY_TIMELINE_SCAN_ROWS_H

#include "scan.h"
#include "state.h"

struct scan_rows {
    uint8_t *bytes; /* struct worker_row, one after the other; owned */
    size_t size, capacity;
    uint64_t taken; /* from the worker, of the interval so far */
    int64_t open;   /* breakpoints on execution among these, less ends of calls */
};

/* Takes what the replica's worker has noted. The first `known` rows of the interval are dropped:
 * they were taken before the worker was replaced. */
int scan_rows_take(struct scan_rows *rows, struct replica *replica, uint64_t known,
                   struct ebb_error *error);
/* Adds one that a hit stands for which the engine has found. */
int scan_rows_add(struct scan_rows *rows, const struct worker_hit *hit, uint64_t known,
                  struct ebb_error *error);

/* Whom rows are told to. */
struct scan_listener {
    const struct timeline_scan *scan;
    uint64_t last; /* rows of later positions are not told of */
    uint64_t told;
    uint64_t position; /* of the last row told of */
    bool refused;      /* the callback wants no more, maybe of that position */
};
/* Tells of all rows, and has none any more. True if that was enough: the callback has said so, or
 * there were as many as wanted, with all of their last position. */
bool scan_rows_tell(struct scan_rows *rows, struct scan_listener *listener);
void scan_rows_free(struct scan_rows *rows);

#endif
