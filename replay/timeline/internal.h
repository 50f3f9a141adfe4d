/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the timeline share.
 *
 *   timeline.c    opening, closing, what can be asked without moving
 *   breakpoints.c the set of breakpoints
 *   interrupt.c   waiting for workers, interruption, progress
 *   placement.c   where checkpoints are taken, and which one a move starts from
 *   run.c         running replicas; reaching a position
 *   forward.c     seek, run forward, step
 *   backward.c    run backward, reverse step
 *   search.c      the last hit in a stretch of history, on one worker or several
 *   diversion.c   throw-away branches
 *   inspect.c     registers, memory, digests, target description
 *
 * Replica 0 is the one the user looks at. It may lag behind: `position` is the truth, and
 * timeline_return() brings replica 0 there.
 */
#ifndef EBB_REPLAY_TIMELINE_INTERNAL_H
#define EBB_REPLAY_TIMELINE_INTERNAL_H

#include "engine/replica.h"
#include "timeline.h"

#define TIMELINE_MAX_WORKERS 16u
#define TIMELINE_MAX_DEATHS 3u /* of workers, at one place */

/* Measured costs, averaged, in nanoseconds. */
struct pace {
    double per_instruction;
    double per_capture;
};

struct keyframe_place {
    uint64_t position;
    uint64_t number;
};

struct target_document {
    char *name;
    char *text; /* NULL: there is none of that name */
    struct target_document *next;
};

struct timeline {
    char *recording;
    char *program;
    struct ebb_log *log;
    struct keyframe_place *keyframes; /* ascending positions */
    size_t keyframe_count;
    struct keyframe_ram loaded; /* the last */

    struct page_store *store;
    struct checkpoint_set *set; /* its first checkpoint is at `begin` */
    uint64_t base_every;        /* instructions: option or default */
    uint64_t every;             /* the same, adapted to what checkpoints cost */
    bool adaptive;
    struct pace pace;
    uint64_t point_of_interest; /* for eviction */

    struct replica replicas[TIMELINE_MAX_WORKERS];
    unsigned worker_count;
    struct worker_hello hello;
    unsigned deaths; /* without progress beyond death_position */
    uint64_t death_position;

    uint64_t begin, end, position;
    bool diverged;      /* replay and log disagree behind `end`; `report` says how */
    bool on_device_hit; /* standing on a device's write that was reported */
    struct breakpoint_list breakpoints;
    size_t breakpoint_capacity;
    struct checkpoint *diversion; /* where the branch began; NULL: no diversion */
    uint64_t diversion_pc;

    int wake; /* eventfd: timeline_interrupt() was called */
    bool interrupted;
    bool uninterruptible;
    timeline_progress progress;
    void *progress_opaque;
    uint64_t progress_from, progress_to;
    uint64_t progress_time; /* nanoseconds */

    char *report; /* of the last divergence met */
    struct target_document *documents;
    uint64_t instructions_replayed, restores, workers_replaced;
};

/* breakpoints.c */
bool breakpoints_have_watch(const struct breakpoint_list *breakpoints);

/* interrupt.c */
uint64_t timeline_clock(void); /* nanoseconds */
/* True, once, if somebody asked for an interruption. */
bool timeline_take_interrupt(struct timeline *timeline);
/* Waits until a running replica has stopped; its number. At least one must be running. */
unsigned timeline_wait(struct timeline *timeline);

/* placement.c */
struct start {
    enum { START_HERE, START_CHECKPOINT, START_KEYFRAME } kind;
    uint64_t position;
    struct checkpoint *checkpoint; /* not owned */
    uint64_t keyframe;
};
/*
 * Where to pass on the way to position. A keyframe may stand right at it, but whoever goes there
 * goes back from there next: so the last stretch is run, leaving checkpoints, unless there are
 * some.
 */
uint64_t timeline_approach(const struct timeline *timeline, uint64_t position);
/* The start from which position is reached soonest; replica (or NULL) may be there already. */
void timeline_choose_start(const struct timeline *timeline, const struct replica *replica,
                           uint64_t position, struct start *start);
/* Where a run from position to target stops next: at target, or to take a checkpoint. With
 * dense, checkpoints get closer as the target does. */
uint64_t timeline_next_stop(const struct timeline *timeline, uint64_t position, uint64_t target,
                            bool dense);
/* Takes a checkpoint of a settled replica and evicts what is over the budget. */
int timeline_place(struct timeline *timeline, struct replica *replica, struct ebb_error *error);
/* Learns how long count instructions took. */
void timeline_learn_pace(struct timeline *timeline, uint64_t nanoseconds, uint64_t count);

/* run.c */
struct run_result {
    enum worker_stop_reason reason; /* not RESET; at the end of the log LIMIT, if that is it */
    uint64_t position;
    bool hit;
    struct worker_hit last_hit;
};
/* One run of a replica, resets of the guest included. */
int timeline_run(struct timeline *timeline, struct replica *replica, uint64_t limit, uint32_t flags,
                 struct run_result *result, struct ebb_error *error);
/* The two halves of it, and what has to be done about a reset in between. */
int timeline_run_end(struct timeline *timeline, struct replica *replica, struct worker_stop *stop,
                     struct ebb_error *error);
int timeline_load_reset(struct timeline *timeline, struct replica *replica,
                        const struct worker_stop *stop, struct ebb_error *error);
/* Brings a replica to a start, settled. */
int timeline_go_to_start(struct timeline *timeline, struct replica *replica,
                         const struct start *start, struct ebb_error *error);
/* Brings replica 0 to a position, whatever hits are on the way. Replaces dead workers. */
int timeline_reach(struct timeline *timeline, uint64_t position, struct run_result *result,
                   struct ebb_error *error);
/* Brings replica 0 to the timeline's position, uninterrupted. */
int timeline_return(struct timeline *timeline, struct ebb_error *error);
/* Starts a replica's worker, which must be like the others. */
int timeline_start_replica(struct timeline *timeline, struct replica *replica,
                           struct ebb_error *error);
/* After a failure: true if worker i had died and was replaced, so that trying again makes sense. */
bool timeline_recover(struct timeline *timeline, unsigned i, struct ebb_error *error);
void timeline_forget_deaths(struct timeline *timeline);
/* The same with the caller's count of deaths, for replicas that are not at one place. */
bool timeline_replace(struct timeline *timeline, unsigned i, unsigned *deaths,
                      struct ebb_error *error);

/* forward.c */
/*
 * What every move begins with: drops the diversion, prepares *stop. Returns 1 if an interruption
 * is pending, in which case *stop says so and the move is over.
 */
int timeline_begin_move(struct timeline *timeline, uint64_t to, struct timeline_stop *stop,
                        struct ebb_error *error);
/* Fills *stop for the timeline's position. */
int timeline_stop_at(struct timeline *timeline, enum timeline_stop_reason reason,
                     struct timeline_stop *stop);
void timeline_describe_hit(const struct worker_hit *hit, struct timeline_stop *stop);
/* The position at which a hit is shown going backward. */
uint64_t timeline_backward_position(const struct worker_hit *hit);

/* search.c */
struct search_result {
    enum { SEARCH_NOTHING, SEARCH_HIT, SEARCH_DIVERGED, SEARCH_INTERRUPTED } kind;
    struct worker_hit hit;
};
/*
 * The last hit between the states at `from` and `to`: the last of what happens after arriving at
 * `from` (with at_from, a breakpoint that `from` stands on included) up to arriving at `to`.
 */
int timeline_search(struct timeline *timeline, uint64_t from, bool at_from, uint64_t to,
                    struct search_result *result, struct ebb_error *error);

#endif
