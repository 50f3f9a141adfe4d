/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clockwork: goes from one moment of a history to another, to the instruction.
 *
 * It decides what comes next: an event of the log, an interrupt, how many instructions, a stop.
 * What executes them is a machine, given as a table of functions: QEMU's CPU in the worker
 * (qemu/ebb/worker/run.c), a toy in the unit tests (tests/unit/fake_run.c). Both run this code.
 *
 * Where it is, is a moment (moment.h); each transition names the function that makes it:
 *
 *       clockwork_load(): a keyframe ARRIVED, a saved state where it was
 *                             |
 *                             v
 *         +------------> [ ARRIVED ] --- stop: limit, reset, divergence; a hit, if one of these
 *         |                   |          comes before SETTLED
 *         |                settle()     applies the position's events one by one, enters a pending
 *         |                   |         interrupt
 *         |                   v
 *         |             [ SETTLED ] ---- stop: limit, hit, end, interruption, divergence,
 *         |                   |          the range is left, enough rows
 *         |                go_on()      executes up to the next position where something is due;
 *         |                   |         left in front of a breakpoint, it is SETTLED there
 *         +-------------------+
 *                             |         left at an access
 *                             v
 *                       [ INSIDE ] ----- stop: hit of a watchpoint, divergence
 *
 *     clockwork_divert() ends NOWHERE. From there and from INSIDE only clockwork_load() leads on.
 *
 * Invariants, to which clockwork.c refers by their numbers:
 *
 *  (1) Instructions of a history execute in SETTLED only. So nothing that belongs to a position is
 *      still to come when the instruction there executes.
 *  (2) Asynchronous events are applied in ARRIVED only, at their own position, in the log's order.
 *      Those nested in an access are the machine's to apply, while it executes.
 *  (3) The state in SETTLED depends on the position alone, not on how it was reached: limits,
 *      breakpoints, stops in between do not change it.
 *  (4) A run that goes on never executes past the position of the next asynchronous event. If the
 *      next event turns out to be before now all the same, replay and log disagree.
 *  (5) A hit counts if its moment comes after `reported`, and no hit comes after the limit. So runs
 *      over neighbouring parts (reported to limit, that limit to the next) find each hit once.
 *  (6) A run that stops at the first hit keeps the first in the order of moments; one for the last
 *      keeps the last. Neither stops between a device's write and SETTLED, unless its limit comes
 *      before, a reset is due, or replay and log disagree. One that notes rows notes all that
 *      count, in that order.
 *  (7) A stop whose moment is SETTLED leaves a state that can be saved, looked at, gone on from.
 *
 * One thread uses a clockwork. It owns nothing but itself.
 */
#ifndef EBB_PROTOCOL_CLOCKWORK_H
#define EBB_PROTOCOL_CLOCKWORK_H

#include "log/event.h"
#include "messages.h"
#include "moment.h"

/* What executes. Each function is called with clockwork.opaque; none may call the clockwork, but
 * for clockwork_hit() from execute(), apply() and settled(). */
struct clockwork_machine {
    /* Instructions executed since the recording began; in a diversion, since any fixed place. */
    uint64_t (*position)(void *opaque);
    /* The address of the instruction that is about to execute. */
    uint64_t (*pc)(void *opaque);
    /* Executes so many instructions, at least 1; fewer where clockwork_hit() says to stop, the CPU
     * sleeps or something else asks for a look. */
    void (*execute)(void *opaque, uint64_t instructions);
    /* Enters the handler of a pending interrupt, if the CPU takes it; executes no instruction. */
    void (*take_interrupt)(void *opaque);
    /* The log's next event, valid until the next call; NULL at its end. And its number. */
    const struct ebb_event *(*next_event)(void *opaque);
    uint64_t (*next_number)(void *opaque);
    /* Applies the next event, an asynchronous one, and goes behind it in the log. */
    void (*apply)(void *opaque);
    /* A position after `from`, up to `limit`, before which nothing is due; `limit` if that is so up
     * to there. */
    uint64_t (*quiet_until)(void *opaque, uint64_t from, uint64_t limit);
    /* The position was settled: for what has happened to the CPU there unseen by the guest. */
    void (*settled)(void *opaque);
    /* WORKER_RUN_ROWS: notes a hit that counts. True if there is no room for many more: the run
     * then ends, with WORKER_STOP_FULL, at the next SETTLED, if nothing else comes first. */
    bool (*note)(void *opaque, const struct worker_hit *hit);
    /* The CPU sleeps, and nothing that is pending wakes it. */
    bool (*asleep)(void *opaque);
    /* True, once, if the engine asks to stop. */
    bool (*stop_requested)(void *opaque);
    /* Replay and log disagree, since diverge() or something that the machine has met. */
    bool (*diverged)(void *opaque);
    void (*diverge)(void *opaque, uint64_t position, const char *what);
};

/* Hits of one position that are known when they come again; more are counted again, too. */
#define CLOCKWORK_COUNTED 16u

struct clockwork {
    /* Set once by the owner. */
    const struct clockwork_machine *machine;
    void *opaque;
    uint64_t end_position;     /* of the log */
    bool keeps_last_interrupt; /* at the log's end a pending interrupt is not entered */
    uint64_t slice;            /* instructions between two looks at the engine's request to stop */

    struct moment now;

    /* The run in progress. */
    struct moment reported, limit;
    bool looks_for_last, notes_rows;
    bool full;                      /* it notes rows, and there are enough of them */
    const struct worker_run *range; /* NULL: it may go anywhere */
    uint64_t hit_count;
    struct worker_hit hit; /* the first or the last, if hit_count is not 0 */
    /* What was hit at one position, in this run or, if that was full, in the one before: an
     * instruction may be begun again. */
    struct worker_hit counted[CLOCKWORK_COUNTED];
    unsigned counted_count;
};

/* The machine was given another state: that of a moment. */
void clockwork_load(struct clockwork *clockwork, struct moment moment);

/*
 * Runs from now to run->limit or less far, and says in *stop where it has stopped and why; its pc,
 * keyframe and report are the caller's to fill in. False if the limit is before now or
 * no place to stop at, or now is INSIDE or NOWHERE; then nothing was done.
 */
bool clockwork_run(struct clockwork *clockwork, const struct worker_run *run,
                   struct worker_stop *stop);

/* The same without the log: run->limit.position is a number of instructions. Nothing but
 * clockwork_load() leads back. */
void clockwork_divert(struct clockwork *clockwork, const struct worker_run *run,
                      struct worker_stop *stop);

/*
 * Called by the machine for everything that a breakpoint or watchpoint sees. True if execution has
 * to be left: in front of the instruction, or behind it if a device did it.
 */
bool clockwork_hit(struct clockwork *clockwork, const struct worker_hit *hit);

#endif
