/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lanes: several timelines of one recording, each with a thread and a worker of its own, so that
 * several places in history are looked at at once. What is done in a lane is the caller's: a
 * function that is called in the lane's thread.
 */
#ifndef EBB_CLI_LANES_H
#define EBB_CLI_LANES_H

#include "replay/timeline/timeline.h"

#define LANES_MAX 16u

struct lanes;

struct lane {
    struct lanes *lanes;
    unsigned number;
    struct timeline *timeline; /* open while work is done */
    void *own;                 /* the caller's; NULL at first */
};

struct lanes_options {
    const char *recording;
    unsigned count;         /* 0: one per CPU, at most 4 */
    uint64_t memory_budget; /* of all together; 0: a quarter of this machine's memory */
    resolve_progress resolving;
    void *resolving_opaque;
    void (*replacing)(const char *why);
    /* Called some times a second while lanes work, by who waits for them. False: they are to stop.
     */
    bool (*tick)(void *opaque);
    void *opaque;
    const void *plan; /* what the work goes by: lanes_plan() */
    /* Called in the lane's thread before its timeline is closed. */
    void (*end)(struct lane *lane);
};

/* Opens the first timeline, which resolves the recording if need be; the others are opened by the
 * first work they get. NULL: *error. */
struct lanes *lanes_open(const struct lanes_options *options, struct ebb_error *error);
void lanes_close(struct lanes *lanes); /* NULL is allowed */

unsigned lanes_count(const struct lanes *lanes);
const void *lanes_plan(const struct lanes *lanes);

/*
 * Calls work once for each of count elements of an array, in as many lanes at once; count is at
 * most lanes_count(). One element is worked on in the first lane. Returns 0, or -1 if one of them
 * has: *error is that of the first.
 */
typedef int (*lane_work)(struct lane *lane, void *element, struct ebb_error *error);
int lanes_run(struct lanes *lanes, lane_work work, void *array, size_t element_size, unsigned count,
              struct ebb_error *error);

/* True once the lanes are to stop; the descriptor is readable from then on. */
bool lanes_stopped(const struct lanes *lanes);
int lanes_stop_fd(const struct lanes *lanes);

/* Of a move to a position or to something before it: it was interrupted, or history ends before the
 * position, are errors. */
int lane_check_stop(const struct timeline_stop *stop, uint64_t position, struct ebb_error *error);

/* Seeks; a stop anywhere else than at the position is an error. */
int lane_seek(struct lane *lane, uint64_t position, struct ebb_error *error);

#endif
