/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a timeline consists of. No function of the timeline is declared here: each file has a header
 * of its own.
 *
 *   open.c         opening, closing, what can be asked without moving
 *   seek.c, run.c, step.c, step_over.c, backward.c  the moves: to a position, forward, by one
 *                  instruction, backward
 *   move.c         what every move begins with
 *   answer.c       what a move's answer consists of
 *   search.c       the last hit in a part of history, on one replica or several
 *   searched.c     what earlier searches have told
 *   page_sets.c    where nothing was touched that is looked for; note_pages.c makes the sets
 *   scanner.c      everything that hits, as rows (scan.h); scan_rows.c: from worker to caller
 *   reach.c        bringing a replica to a position
 *   drive.c        running a replica
 *   watched_memory.c  what a reset changes of it
 *   placement.c    where checkpoints are taken, and which one a move starts from
 *   gaps.c         over which damaged places nothing leads
 *   recovery.c     starting replicas, and replacing workers that die
 *   wait.c         waiting for workers, and progress
 *   interrupt.c    the user's interruption
 *   breakpoints.c  the set of breakpoints
 *   diversion.c    diversions; write.c: what begins one
 *   inspect.c      registers, memory, digests, target description
 *
 * Replica 0 is the one the user looks at. It may lag behind: `moment` is the truth, and
 * reach_present() brings replica 0 there.
 */
#ifndef EBB_REPLAY_TIMELINE_STATE_H
#define EBB_REPLAY_TIMELINE_STATE_H

#include "engine/replica.h"
#include "log/page_sets.h"
#include "timeline.h"

#define TIMELINE_MAX_WORKERS 16u
#define TIMELINE_SEARCHED 64u  /* a guess: as many stops as anybody goes back through again */
#define TIMELINE_MAX_DEATHS 3u /* of workers, at one place */

/* Measured costs, averaged, in nanoseconds. */
struct pace {
    double per_instruction;
    double first_guess; /* the same, while there is no better one; else 0 */
    double per_capture;
    double per_start; /* of a search's interval */
};

struct keyframe_place {
    uint64_t position;
    uint64_t number;
};

/* Between two moments there is no hit of the set, or, if there is one, none behind the last. */
struct searched {
    struct breakpoint_list breakpoints; /* owned; empty: nothing was searched */
    struct moment from, to;
    bool hit;
    struct worker_hit last_hit;
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

    uint64_t begin, end;
    uint64_t *gaps; /* that were met, ascending */
    size_t gap_count, gap_capacity;
    size_t damage_met; /* how many gaps were noted and keyframes forgotten */
    /* From where the next move looks back: settled, which is the state that users see; or arrived,
     * if what devices wrote on reaching the position was reported, so that it is not found again.
     * The state that users see is the settled one then, too. */
    struct moment moment;
    bool diverged; /* history cannot be replayed behind `end`; `report` says why */
    struct breakpoint_list breakpoints;
    size_t breakpoint_capacity;
    struct searched searched[TIMELINE_SEARCHED];
    size_t next_searched;           /* to be replaced */
    struct ebb_page_set *page_sets; /* in order */
    size_t page_set_count;
    bool page_sets_read;
    struct worker_context suspended; /* what the handler that a step entered was called from */
    uint64_t handler_pc;
    struct checkpoint *diversion; /* where it began; NULL: no diversion */
    uint64_t diversion_pc;

    int wake; /* eventfd: timeline_interrupt() was called */
    bool interrupted;
    bool uninterruptible;
    void (*replacing)(const char *why); /* or NULL */
    timeline_progress progress;
    void *progress_opaque;
    uint64_t progress_from, progress_to;
    uint64_t progress_time; /* nanoseconds */

    char *report; /* of the last divergence met, or of the last damage: */
    bool damaged;
    char *notice; /* what the user is to be told next, or NULL */
    bool memory_told;
    struct target_document *documents;
    uint64_t instructions_replayed, restores, workers_replaced;
};

#endif
