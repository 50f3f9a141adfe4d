/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timeline: one recording's history, and a moment in it that can be moved both ways.
 *
 * A timeline is used by one thread; only timeline_interrupt() may be called from elsewhere.
 * Positions count instructions since the recording began (log/event.h). Functions that move return
 * 0 and fill *stop, or -1 and fill *error, in which case the timeline is still at a valid position
 * (timeline_position()), if need be another one than before. A worker that dies is replaced from a
 * checkpoint without the caller noticing more than the time it takes.
 *
 * What a call costs is told in what takes time: instructions replayed, states restored, and round
 * trips to a worker. placement.c says how these compare; the last is the least. Restoring a
 * checkpoint is two round trips, and copying the pages that differ; taking one is the same. Loading
 * a keyframe is that, a read from the disk, a short run and taking a checkpoint.
 *
 * "Reaching" a position is to restore the best start, a checkpoint or keyframe at or before it, or
 * nothing if the worker is on the way there already, and to replay from there, taking checkpoints.
 * In a part of history that was gone through before that is at most checkpoint_every instructions,
 * while the checkpoints there last; elsewhere it is up to the distance between keyframes, and five
 * times checkpoint_every if a checkpoint farther back is preferred to the keyframe.
 */
#ifndef EBB_REPLAY_TIMELINE_TIMELINE_H
#define EBB_REPLAY_TIMELINE_TIMELINE_H

#include "log/error.h"
#include "log/event.h"
#include "log/reader.h"
#include "replay/resolver/resolver.h"

struct timeline;

/* Called now and then during long moves; position is between from and to. NULL: no progress. */
typedef void (*timeline_progress)(void *opaque, uint64_t position, uint64_t from, uint64_t to);

struct timeline_options {
    const char *recording;   /* directory */
    const char *worker_path; /* the QEMU with -M ebb; NULL: found by itself */
    uint64_t memory_budget;  /* bytes for checkpoints; 0: a quarter of this machine's memory */
    /* Instructions between checkpoints going forward; 0: 20 million, up to three times as many
     * where the guest makes checkpoints take long. */
    uint64_t checkpoint_every;
    unsigned workers; /* for searches; 0: one per CPU, at most 4 */
    /* History begins at the last keyframe at or before this position, so that the intervals before
     * are not looked at; at an earlier one if that is damaged. 0: at the first. */
    uint64_t from;
    timeline_progress progress;
    void *progress_opaque;
    /* A worker has died, and another takes its place: what there is to say of it. NULL: nothing. */
    void (*replacing)(const char *why);
    resolve_progress resolving; /* shown while a recording made under KVM is resolved */
    void *resolving_opaque;
};

/*
 * Opens at the recording's beginning. A recording made under KVM that has no index yet is resolved
 * first (resolver.h). Where it cannot be resolved to its end, or a replay and the log disagreed
 * before, history ends there, and moves that arrive at the end say why (TIMELINE_STOP_DIVERGED).
 * So it is where the recording is damaged (TIMELINE_STOP_DAMAGED). Damaged keyframes are not used;
 * if the first ones are damaged, history begins at the first that is not.
 *
 * Starts one worker, loads the first keyframe and takes a checkpoint there. Resolving replays all
 * of the recording, parts of it several times. The other workers are started by the first search
 * that goes far.
 */
struct timeline *timeline_open(const struct timeline_options *options, struct ebb_error *error);
void timeline_close(struct timeline *timeline);

/*
 * What the user should be told, once: a sentence or two for free(), or NULL if there is nothing. It
 * may come with opening and with any move.
 */
char *timeline_take_notice(struct timeline *timeline);

/* What is known without asking a worker. */
const struct ebb_log *timeline_log(const struct timeline *timeline);
uint64_t timeline_begin(const struct timeline *timeline); /* first position that can be reached */
uint64_t timeline_end(const struct timeline *timeline);   /* last position that can be reached */
uint64_t timeline_position(const struct timeline *timeline);

enum timeline_stop_reason {
    TIMELINE_STOP_STEP = 1,   /* the asked-for position or step was reached */
    TIMELINE_STOP_BREAKPOINT, /* the instruction at stop.address is about to execute */
    TIMELINE_STOP_WATCHPOINT, /* see struct timeline_stop */
    TIMELINE_STOP_BEGIN,      /* at the beginning of history */
    TIMELINE_STOP_END,        /* at the end of history */
    TIMELINE_STOP_INTERRUPTED,
    TIMELINE_STOP_DIVERGED, /* replay and log disagree after this position; stop.report says how */
    TIMELINE_STOP_HALTED,   /* in a diversion the CPU went to sleep for good */
    TIMELINE_STOP_DAMAGED, /* the recording is damaged behind this position; stop.report as above */
};

enum timeline_breakpoint_kind { /* values as in the worker's protocol */
                                TIMELINE_BREAK_EXECUTE = 1,
                                TIMELINE_WATCH_WRITE = 2,
                                TIMELINE_WATCH_READ = 3,
                                TIMELINE_WATCH_ACCESS = 4,
                                /* at a physical address, whatever the virtual ones are */
                                TIMELINE_WATCH_PHYSICAL_WRITE = 6,
                                TIMELINE_WATCH_PHYSICAL_READ = 7,
                                TIMELINE_WATCH_PHYSICAL_ACCESS = 8,
                                /* TIMELINE_WATCH_WRITE, which stops say it is, without the
                                 * instructions that leave what is watched as it was */
                                TIMELINE_WATCH_CHANGE = 11,
};

/*
 * A watchpoint stop. ARM targets are "stop before the access" for gdb (gdb manual, Remote Protocol,
 * Stop Reply Packets; gdbarch have_nonsteppable_watchpoint), so gdb steps once more by itself, in
 * the direction of travel. Forwards the timeline therefore stops before the accessing instruction,
 * backwards behind it, a reverse step over it included. So it does at what a device wrote
 * (by_device) in an instruction's access; what it wrote at another time is there at the stop,
 * forwards and backwards. So is what a reset of the guest (by_reset, and by_device) has changed.
 */
struct timeline_stop {
    enum timeline_stop_reason reason;
    uint64_t position;
    uint64_t address; /* breakpoint: its PC; watchpoint: first byte accessed */
    enum timeline_breakpoint_kind kind;
    bool by_device, by_reset;
    /* Watchpoint: the access was made inside an instruction, by it or by a device; forward, that at
     * position, backward, that before it. Else it was made on reaching position. */
    bool inside;
    /* Of a step that ended at one instruction: forward, it entered an interrupt's handler;
     * backward, it undid a return from an exception. */
    bool handler;
    char *report; /* DIVERGED, DAMAGED: text; owned by the timeline until its next move */
};

/*
 * Moves. Going forward, a breakpoint at the current PC is not a hit; going backward, a breakpoint
 * hit is the last earlier position whose instruction it stands on. A move that was interrupted
 * stops at a valid position: searches backward return to where they started.
 * They do so as well, and say TIMELINE_STOP_DAMAGED, where the recording is damaged on the way and
 * there is no hit behind the damage: there may have been one in what is lost. Other moves back into
 * what is lost end where they began, too.
 * Moving drops a diversion, except as timeline_resume_diversion() says.
 *
 * Each move sends the breakpoints first if they have changed: a round trip. What a long run or
 * search has told is remembered for its breakpoints: where the answer is known, the next such move
 * goes there as timeline_seek() does.
 */

/*
 * Ignores breakpoints and may be given any position between begin and end. Reaches the position;
 * if it has no checkpoint within checkpoint_every before it, reaches a place that far before it
 * first, and goes on from there, so that whoever goes back from it finds some.
 */
int timeline_seek(struct timeline *timeline, uint64_t position, struct timeline_stop *stop,
                  struct ebb_error *error);
/*
 * Replays up to the first hit, or to limit. Restores nothing, unless it stops at a watchpoint or
 * where replay and log disagree: the worker has begun the instruction then, so its position is
 * reached anew. A round trip and a checkpoint for each checkpoint_every instructions, and some more
 * close to limit.
 */
int timeline_run_forward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                         struct ebb_error *error);
/*
 * The same up to the end. If that is reached from the beginning, page sets (log/page_sets.h) are
 * written beside the log, if that is possible: from then on searches and scans leave out parts of
 * history in which no page was touched that they are about.
 */
int timeline_note_pages(struct timeline *timeline, struct timeline_stop *stop,
                        struct ebb_error *error);
/*
 * Takes a checkpoint where it is if the last one is more than twice checkpoint_every before.
 * Without breakpoints it then reaches limit. With some, it searches the intervals between here and
 * limit, from the latest to the earliest: each is restored and replayed once, whatever number of
 * hits it has, up to and with the latest that has one. Then the hit is reached. Several workers
 * search several intervals at once, of which those before the hit's are replayed in vain.
 */
int timeline_run_backward(struct timeline *timeline, uint64_t limit, struct timeline_stop *stop,
                          struct ebb_error *error);
/* Replays an instruction: a round trip. To a stop at a watchpoint applies what is said above. */
int timeline_step(struct timeline *timeline, struct timeline_stop *stop, struct ebb_error *error);
/*
 * Reaches the position before. Reaching leaves checkpoints close to where it ends: so of several
 * steps the first may replay more, the others, by default, 3906 instructions at most. With
 * watchpoints, which may see what the instruction does, it is replayed as well, and the position
 * before it reached a second time.
 */
int timeline_reverse_step(struct timeline *timeline, struct timeline_stop *stop,
                          struct ebb_error *error);

/*
 * A step over interrupts: one that is taken in the step is a part of it. Forward, the step goes on
 * until the handler returns to where it was called from: the same PC, stack, mode and address
 * space, whatever other threads do until then. Backward, a step over such a return goes back to
 * before the interrupt. Breakpoints and watchpoints in between stop it as they stop a run. Where
 * the handler does not return before history ends, the step ends at its first instruction; where it
 * is not known which interrupt a return belongs to, at the return.
 *
 * Without an interrupt that is a step and, backward, two round trips. With one it is a run to the
 * return, which stops whenever the same code is reached; backward two searches.
 */
int timeline_step_over(struct timeline *timeline, struct timeline_stop *stop,
                       struct ebb_error *error);
int timeline_reverse_step_over(struct timeline *timeline, struct timeline_stop *stop,
                               struct ebb_error *error);

/*
 * Steps until the PC is outside of the range, at least one: the same as single steps one after the
 * other, those of timeline_step() or timeline_step_over(). The latter ends, inside of the range,
 * behind each interrupt that was a part of it: whoever wants to go on looks at the PC and asks
 * again.
 *
 * Without an interrupt that is what a run forward is, only that an instruction takes some hundred
 * times as long as there; with one, two more runs.
 */
struct timeline_range {
    uint64_t start, end; /* without end */
};
int timeline_step_range(struct timeline *timeline, const struct timeline_range *range,
                        struct timeline_stop *stop, struct ebb_error *error);
int timeline_step_range_over(struct timeline *timeline, const struct timeline_range *range,
                             struct timeline_stop *stop, struct ebb_error *error);

/* Asks the move in progress to stop soon (TIMELINE_STOP_INTERRUPTED). Any thread, signal handlers
 * included. Without a move in progress it affects the next one. Workers look after each million
 * instructions whether they are to stop. */
void timeline_interrupt(struct timeline *timeline);

/*
 * Conditions of a breakpoint: gdb's agent expressions (gdb manual, "The GDB Agent Expression
 * Mechanism"), each behind its length, which is two bytes, most significant first. Executions for
 * which none of them holds do not count: moves and searches pass them. One that cannot be evaluated
 * holds, for whoever knows more to decide.
 */
struct timeline_conditions {
    const uint8_t *bytes;
    size_t size;     /* 0: there are none, all executions count */
    bool big_endian; /* numbers in memory are */
};

/* Breakpoints form a set; adding one twice is one. Removing what is not there is an error. Costs
 * nothing by itself: the next move sends the set. */
int timeline_add_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                            uint64_t address, uint64_t length, struct ebb_error *error);
int timeline_remove_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                               uint64_t address, uint64_t length, struct ebb_error *error);
void timeline_clear_breakpoints(struct timeline *timeline);
/* Gives the breakpoint on execution at the address, which has to be in the set, these conditions in
 * place of those it had. They are copied. One that is added anew has none. */
int timeline_set_conditions(struct timeline *timeline, uint64_t address,
                            const struct timeline_conditions *conditions, struct ebb_error *error);

/*
 * What follows looks at the state of the moment, with a round trip for each call of a function that
 * can fail. If the worker has died, the position is reached first with a new one.
 */

/* 1 if the set has a breakpoint on execution at the address that counts in this state, else 0; or
 * -1. Without conditions there is no round trip. */
int timeline_breakpoint_counts(struct timeline *timeline, uint64_t address,
                               struct ebb_error *error);

/* Registers, in gdb's numbering and layout (the target description says which is which). */
size_t timeline_registers_size(const struct timeline *timeline);
unsigned timeline_register_count(const struct timeline *timeline);
unsigned timeline_pc_register(const struct timeline *timeline);
int timeline_read_registers(struct timeline *timeline, uint8_t *buffer, struct ebb_error *error);
/* Returns the register's size in bytes (0: no such register), or -1. */
int timeline_read_register(struct timeline *timeline, unsigned number, uint8_t *buffer,
                           size_t buffer_size, struct ebb_error *error);
int timeline_read_pc(struct timeline *timeline, uint64_t *pc, struct ebb_error *error);

/* Guest-virtual memory as the CPU sees it now. Returns the bytes read, fewer at unmapped memory. */
long timeline_read_memory(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                          size_t length, struct ebb_error *error);
/* The same by physical address: in the CPU's security state or, where that has no RAM, the other.
 */
long timeline_read_physical(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                            size_t length, struct ebb_error *error);

/*
 * The guest-physical address of a virtual one now, as the CPU would load from it; that of EL0 and
 * of user mode by the tables of the kernel above them, whatever may be read there. Returns 1, 0 if
 * nothing is mapped there, or -1. Drops a diversion, and makes one of its own meanwhile: a
 * checkpoint is taken and restored.
 */
int timeline_physical_address(struct timeline *timeline, uint64_t address, uint64_t *physical,
                              struct ebb_error *error);

/* Where the memory of worker 0, timeline_worker_pid(), has the byte at a physical address; 0 if it
 * is no RAM. */
int timeline_host_address(struct timeline *timeline, uint64_t address, uint64_t *host,
                          struct ebb_error *error);

/*
 * Diversions: a write starts one at the current position; the history is not touched.
 * timeline_resume_diversion() runs on in it (step: one instruction),
 * timeline_step_range_diversion() steps by a range; every other move drops it first.
 * timeline_diversion_moved() tells whether its PC is no longer the history's, which is how a
 * function called by the debugger differs from a variable it changed before going on.
 *
 * The first write takes a checkpoint, and dropping restores it; nothing is replayed. Everything
 * else is a round trip. If the worker dies the diversion is lost, and the call fails.
 */
int timeline_write_register(struct timeline *timeline, unsigned number, const uint8_t *value,
                            size_t size, struct ebb_error *error);
int timeline_write_memory(struct timeline *timeline, uint64_t address, const uint8_t *data,
                          size_t length, struct ebb_error *error);
int timeline_write_physical(struct timeline *timeline, uint64_t address, const uint8_t *data,
                            size_t length, struct ebb_error *error);
bool timeline_in_diversion(const struct timeline *timeline);
int timeline_diversion_moved(struct timeline *timeline, bool *moved, struct ebb_error *error);
int timeline_resume_diversion(struct timeline *timeline, bool step, struct timeline_stop *stop,
                              struct ebb_error *error);
int timeline_step_range_diversion(struct timeline *timeline, const struct timeline_range *range,
                                  struct timeline_stop *stop, struct ebb_error *error);
int timeline_drop_diversion(struct timeline *timeline, struct ebb_error *error);

/* The XML document of the target description with that name; owned by the timeline; NULL: none. A
 * round trip once for each that there is. */
const char *timeline_target_xml(struct timeline *timeline, const char *name);

/* Digests of the state now (log/digest.h). Reads all of RAM that was ever written to. */
int timeline_digest(struct timeline *timeline, uint64_t *registers, uint64_t *ram,
                    struct ebb_error *error);

struct timeline_checkpoint_info {
    uint64_t position;
    uint64_t own_bytes; /* memory that only this checkpoint uses */
    bool keyframe;      /* on disk; can be loaded */
};
/* Calls visit for each checkpoint and keyframe, by position. Asks no worker. */
void timeline_visit_checkpoints(const struct timeline *timeline,
                                void (*visit)(void *opaque,
                                              const struct timeline_checkpoint_info *info),
                                void *opaque);

struct timeline_stats {
    uint64_t memory_used;   /* bytes in checkpoints */
    uint64_t memory_budget; /* bytes */
    uint64_t checkpoints;
    uint64_t instructions_replayed;
    uint64_t restores;
    uint64_t workers_replaced;
    uint64_t requests; /* to the workers that there are now */
};
void timeline_stats(const struct timeline *timeline, struct timeline_stats *stats);

/* Process id of worker number i, or -1; for tests that kill one. */
int timeline_worker_pid(const struct timeline *timeline, unsigned i);

#endif
