/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the resolver share.
 *
 *   resolver.c         the intervals in order: threads, progress, the index
 *   lane.c     a thread that resolves one interval after the other
 *   interval.c one interval: running a worker through it
 *   verify.c   is its end what the recording says it is?
 *   repair.c   what to try when it cannot be replayed as it is (repair.h)
 *   trail.c    how a place was reached, so that other ways can be tried
 *
 * Each lane is a thread with a worker and a page store of its own; the lock protects what it shares
 * with the thread that called resolve_recording().
 */
#ifndef EBB_REPLAY_RESOLVER_INTERNAL_H
#define EBB_REPLAY_RESOLVER_INTERNAL_H

#include "engine/replica.h"
#include "trail.h"
#include "resolver.h"

#include <pthread.h>
#include <stdatomic.h>

#define RESOLVE_MAX_LANES 16u
/* Intervals that may be done before one in front of them is: per lane. */
#define RESOLVE_AHEAD 4u
#define RESOLVE_WINDOW (RESOLVE_MAX_LANES * RESOLVE_AHEAD)

/* What was found out about an interval; positions are the worker's. */
struct interval_result {
    uint64_t begin; /* count of the keyframe, which its positions begin with */
    uint64_t end;   /* where the last event has taken effect */
    uint64_t first_event, event_count;
    uint8_t *packed; /* event_count distances (distance.h) */
    size_t packed_size;
    struct decision_list decisions;
    struct trail_counts counts;
    char *problem; /* why it does not go on; NULL: it is whole */
    uint64_t good; /* with a problem: a position up to which the registers are known to be right */
};

struct lane {
    struct resolver *resolver;
    pthread_t thread;
    struct replica replica;
    struct page_store *store;
    struct keyframe_ram loaded;
    unsigned deaths; /* of workers, since something was done */

    /* Protected by the lock. */
    bool running;
    struct worker_client *worker; /* the replica's, while it lives */
    uint64_t begin, end;          /* counts of the interval that is being resolved */
    bool repairing;
};

struct resolver {
    const struct resolve_options *options;
    char *program;
    struct ebb_log *log; /* unresolved */
    struct ebb_log_summary summary;
    uint64_t store_budget; /* bytes, of each lane */
    uint64_t checkpoint_every;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lane lanes[RESOLVE_MAX_LANES];
    unsigned lane_count;
    atomic_bool stopping;
    uint64_t next;    /* keyframe number of the next interval to resolve */
    uint64_t written; /* and of the next one for the index */
    uint64_t last;    /* the last one of use */
    bool ready[RESOLVE_WINDOW];
    struct interval_result results[RESOLVE_WINDOW]; /* by number modulo the window */
    bool failed;
    struct ebb_error error;
};

/* lane.c */
void *lane_run(void *lane);
/* Starts the lane's worker, or replaces it if it has died. */
int lane_start_worker(struct lane *lane, struct ebb_error *error);
void lane_stop_worker(struct lane *lane);
/* After a failure: true if the worker had died and was replaced, so that trying again helps. */
bool lane_recover(struct lane *lane, struct ebb_error *error);
void lane_show_repair(struct lane *lane, bool repairing);

/* interval.c */

/* Where replay and recording part. */
struct failure {
    enum { FAILURE_NO_MATCH, FAILURE_DIVERGED, FAILURE_WRONG_END } kind;
    uint64_t event_number; /* that does not fit; the interval's end for FAILURE_WRONG_END */
    uint64_t position;
    uint64_t anchors;     /* matched since the interval's beginning */
    uint64_t differences; /* FAILURE_WRONG_END: how far the state is from the recorded one */
    char *report;         /* owned */
};
void failure_clear(struct failure *failure);

/* The RAM digest of an image, kept up to date from one image to the next. */
struct image_digest {
    struct ram_image *image; /* NULL: none yet */
    uint64_t digest;
};

/* What was tried to repair an interval. */
struct repair_counts {
    unsigned replays;
    unsigned places, searches, exclusives, exits;
    uint64_t deadline; /* nanoseconds of the monotonic clock; 0: not begun */
};

struct interval {
    struct lane *lane;
    uint64_t number; /* of its keyframe */
    uint64_t first_event;
    uint64_t until_event;
    bool ends_with_keyframe; /* number + 1 holds the state at the end */
    bool ends_recording;     /* the last event is EBB_EVENT_END */
    struct ebb_keyframe keyframe;
    struct trail *root;
    struct trail *at; /* where the worker is, not owned; NULL: somewhere else */
    struct keyframe_ram end_ram;
    struct image_digest digest;
    uint64_t *anchors; /* event numbers, once they were needed */
    size_t anchor_count;
    uint64_t exits,
        lost_exits; /* before the failure: in the log, and known to be missing from it */
    struct repair_counts repair;
    /* How widely anchors are looked for. What needed a wide search needs it again when the replay
     * comes by another time, so these only grow. */
    uint32_t slack;
    uint64_t give_up;
};

int interval_resolve(struct lane *lane, uint64_t number, struct interval_result *result,
                     struct ebb_error *error);
void interval_result_free(struct interval_result *result);

/* One request to the worker. */
struct attempt {
    struct trail *from;                    /* must be restorable */
    const struct decision_list *decisions; /* those to be made behind from */
    uint64_t until_event, limit;
    uint64_t give_up;
    uint32_t slack;
    uint32_t flags; /* enum worker_resolve_flag */
};

/*
 * How far before and behind its expected place an anchor is looked for at first. When a page is
 * written to for the first time since a keyframe, the host's kernel is entered, and a
 * store-exclusive that did so fails and is tried again: hundreds of instructions more on the host
 * than in the replay.
 */
#define SEARCH_SLACK 8192u
#define SEARCH_GIVE_UP 100000u

/* Makes an attempt, with a new worker if one dies. The resolution is to be freed. */
int interval_attempt(struct interval *interval, const struct attempt *attempt,
                     struct worker_client_resolution *resolution, struct ebb_error *error);

/*
 * Goes to until_event, in stretches of `every` instructions (0: one). Returns 1 at it, *tip one
 * owner of the way there; 0 if something does not fit before, *tip the way to the last checkpoint
 * before it and *failure filled; -1 on error. limit of the attempt is left aside.
 */
int interval_reach(struct interval *interval, const struct attempt *attempt, uint64_t every,
                   struct trail **tip, struct failure *failure, struct ebb_error *error);

/* The same to the interval's end, which is verified. */
int interval_finish(struct interval *interval, struct trail *from, struct trail **tip,
                    struct failure *failure, struct ebb_error *error);

/* verify.c */
/* 1: the state at tip, where the worker is, is what the recording says; 0: it is not, see
 * failure->report and differences; -1: error. */
int interval_verify(struct interval *interval, const struct trail *tip, struct failure *failure,
                    struct ebb_error *error);

/* repair.c */
struct branch {
    struct trail *tip; /* the last checkpoint before the failure, owned */
    struct failure failure;
};
void branch_clear(struct branch *branch);
/* Tries to find a way to the interval's end. 1: *branch is that way; 0: there is none, *branch has
 * got as far as it seems to be right; -1: error. */
int interval_repair(struct interval *interval, struct branch *branch, unsigned depth,
                    struct ebb_error *error);

#endif
