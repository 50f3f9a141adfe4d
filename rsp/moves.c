/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moves.h"

#include "breakpoints.h"
#include "physical_watch.h"
#include "steps.h"

#include <stdlib.h>
#include <string.h>

static bool is_forward(enum rsp_move_kind kind)
{
    return kind == RSP_MOVE_CONTINUE || kind == RSP_MOVE_STEP || kind == RSP_MOVE_STEP_ALONE ||
           kind == RSP_MOVE_RANGE;
}

/*
 * Whether the diversion differs from history by what the debugger wrote. A function that it called
 * has left nothing of the kind: gdb puts the registers back. (Arguments that had to go on the stack
 * are memory written.)
 */
static bool holds_writes(struct rsp_session *session)
{
    size_t size = timeline_registers_size(session->timeline);
    uint8_t *now = malloc(size + 1);
    struct ebb_error error;
    bool same = now && timeline_read_registers(session->timeline, now, &error) == 0 &&
                !memcmp(now, session->origin, size);

    free(now);
    return session->wrote_memory || !same;
}

static bool is_step(enum rsp_move_kind kind)
{
    return kind == RSP_MOVE_STEP || kind == RSP_MOVE_STEP_ALONE || kind == RSP_MOVE_RANGE ||
           kind == RSP_MOVE_REVERSE_STEP;
}

/*
 * What becomes of a diversion. A function called by the debugger has to run in it: the PC was
 * moved, and the move is forward. Everything else follows the history, which the writes never
 * touched; the user is told if there were any but those of such a call.
 */
static int decide_on_diversion(struct rsp_session *session, enum rsp_move_kind kind, bool *resume,
                               struct ebb_error *error)
{
    *resume = false;
    if (!timeline_in_diversion(session->timeline)) {
        return 0;
    }
    if (is_forward(kind) && timeline_diversion_moved(session->timeline, resume, error) < 0) {
        return -1;
    }
    if (*resume) {
        return 0;
    }
    if (holds_writes(session)) {
        rsp_session_print(session, "ebb: what was written to registers and memory is undone: time "
                                   "moves along the recording\n");
    }
    return timeline_drop_diversion(session->timeline, error);
}

/* How a move goes: what it needs to know beside the packet. */
struct manner {
    bool resume; /* in the diversion */
    bool over;   /* a step: interrupts are a part of it */
    bool alone;  /* a step off a breakpoint */
};

/*
 * A step off a breakpoint: what gdb has removed for it is looked for in handlers all the same.
 * Where a watchpoint of these sees something, the step ends at the handler's first instruction: gdb
 * puts its watchpoints back before it goes on.
 */
static int step_off(struct rsp_session *session, struct timeline_stop *stop,
                    struct ebb_error *error)
{
    uint64_t start = timeline_position(session->timeline), first_watched;
    int status;

    if (rsp_breakpoints_revive(session, error) < 0) {
        return -1;
    }
    status = timeline_step_over(session->timeline, stop, error);
    rsp_breakpoints_bury(session);
    if (status == 0 && stop->reason == TIMELINE_STOP_WATCHPOINT && session->removed_count &&
        !rsp_watchpoint_hit(session, stop->kind, stop->address, &first_watched)) {
        return timeline_seek(session->timeline, start + 1, stop, error);
    }
    return status;
}

static int step(struct rsp_session *session, struct manner manner, struct timeline_stop *stop,
                struct ebb_error *error)
{
    int status;

    if (manner.resume) {
        return timeline_resume_diversion(session->timeline, true, stop, error);
    }
    if (manner.over) {
        return manner.alone ? step_off(session, stop, error)
                            : timeline_step_over(session->timeline, stop, error);
    }
    status = timeline_step(session->timeline, stop, error);
    if (status == 0) {
        rsp_steps_note_exact(session, stop);
    }
    return status;
}

static int reverse_step(struct rsp_session *session, struct manner manner,
                        struct timeline_stop *stop, struct ebb_error *error)
{
    int status;

    if (manner.over) {
        return timeline_reverse_step_over(session->timeline, stop, error);
    }
    status = timeline_reverse_step(session->timeline, stop, error);
    if (status == 0) {
        rsp_steps_note_exact(session, stop);
    }
    return status;
}

static int step_in_range(struct rsp_session *session, const struct timeline_range *range,
                         struct manner manner, struct timeline_stop *stop, struct ebb_error *error)
{
    int status;

    if (manner.resume) {
        return timeline_step_range_diversion(session->timeline, range, stop, error);
    }
    if (manner.over) {
        return timeline_step_range_over(session->timeline, range, stop, error);
    }
    status = timeline_step_range(session->timeline, range, stop, error);
    if (status == 0) {
        rsp_steps_note_exact(session, stop);
    }
    return status;
}

/* Returns 1 if a breakpoint that counts is where the timeline is, and fills *stop; 0; or -1. */
static int is_at_breakpoint(struct rsp_session *session, uint64_t *pc, struct timeline_stop *stop,
                            struct ebb_error *error)
{
    int counts;

    if (timeline_read_pc(session->timeline, pc, error) < 0) {
        return -1;
    }
    counts = timeline_breakpoint_counts(session->timeline, *pc, error);
    if (counts > 0) {
        stop->reason = TIMELINE_STOP_BREAKPOINT;
        stop->address = *pc;
    }
    return counts;
}

/* Steps until something other than the step itself ends it, or the PC leaves the range. */
static int step_range(struct rsp_session *session, const struct rsp_move *move,
                      struct manner manner, struct timeline_stop *stop, struct ebb_error *error)
{
    const struct timeline_range range = {.start = move->from, .end = move->to};
    uint64_t pc;
    int is_over;

    do {
        if (rsp_watcher_requested(&session->watcher)) {
            stop->reason = TIMELINE_STOP_INTERRUPTED;
            return 0;
        }
        if (step_in_range(session, &range, manner, stop, error) < 0) {
            return -1;
        }
        if (stop->reason != TIMELINE_STOP_STEP) {
            return 0;
        }
        is_over = is_at_breakpoint(session, &pc, stop, error);
        if (is_over) {
            return is_over < 0 ? -1 : 0;
        }
    } while (pc >= range.start && pc < range.end);
    return 0;
}

/*
 * Whether a run ends where it begins, at a breakpoint. gdb steps off the breakpoint where it has
 * stopped: where it runs on at one, it wants to be at that ("jump" to where it is). It does not
 * know of time that a monitor command has moved: a breakpoint there is passed. Returns 1 if so, and
 * fills *stop, 0, or -1.
 */
static int is_held(struct rsp_session *session, struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t position = timeline_position(session->timeline), pc;

    if (!session->client_steps_off || session->breakpoint_count == 0 || session->told != position ||
        position == timeline_end(session->timeline)) {
        return 0;
    }
    return is_at_breakpoint(session, &pc, stop, error);
}

static int run(struct rsp_session *session, struct manner manner, struct timeline_stop *stop,
               struct ebb_error *error)
{
    struct timeline *timeline = session->timeline;
    int held;

    if (manner.resume) {
        return timeline_resume_diversion(timeline, false, stop, error);
    }
    held = is_held(session, stop, error);
    if (held) {
        return held < 0 ? -1 : 0;
    }
    return timeline_run_forward(timeline, timeline_end(timeline), stop, error);
}

static int move_once(struct rsp_session *session, const struct rsp_move *move, struct manner manner,
                     struct timeline_stop *stop, struct ebb_error *error)
{
    struct timeline *timeline = session->timeline;

    *stop = (struct timeline_stop){.reason = TIMELINE_STOP_STEP,
                                   .position = timeline_position(timeline)};
    if (manner.over && rsp_steps_make_good(session, error) < 0) {
        return -1;
    }
    switch (move->kind) {
    case RSP_MOVE_STEP:
    case RSP_MOVE_STEP_ALONE:
        return step(session, manner, stop, error);
    case RSP_MOVE_RANGE:
        return step_range(session, move, manner, stop, error);
    case RSP_MOVE_REVERSE_STEP:
        return reverse_step(session, manner, stop, error);
    case RSP_MOVE_REVERSE_CONTINUE:
        return timeline_run_backward(timeline, timeline_begin(timeline), stop, error);
    case RSP_MOVE_SEEK:
        return timeline_seek(timeline, move->from, stop, error);
    case RSP_MOVE_CONTINUE:
        break;
    }
    return run(session, manner, stop, error);
}

/* stopped: an interrupt has ended what was watched, and is not to end anything else. */
static void end_watch(struct rsp_session *session, bool stopped)
{
    rsp_watcher_end(&session->watcher);
    if (rsp_watcher_given_up(&session->watcher)) {
        session->silent = true; /* an answer now would be taken for that to the next packet */
    }
    if (stopped) {
        rsp_connection_drop_interrupts(&session->connection);
    }
}

static int move_watched(struct rsp_session *session, const struct rsp_move *move,
                        struct manner manner, struct timeline_stop *stop, struct ebb_error *error)
{
    int status;

    if (rsp_watcher_begin(&session->watcher, session->timeline, move->can_give_up, error) < 0) {
        return -1;
    }
    status = move_once(session, move, manner, stop, error);
    if (status == 0 && stop->reason == TIMELINE_STOP_INTERRUPTED &&
        !rsp_watcher_requested(&session->watcher)) {
        /* An interrupt meant for the move before came when that was over already. */
        status = move_once(session, move, manner, stop, error);
    }
    end_watch(session, status == 0 && stop->reason == TIMELINE_STOP_INTERRUPTED);
    return status;
}

/* What a stop means to a client that has asked for this move. */
static void interpret(const struct rsp_move *move, struct manner manner, struct timeline_stop *stop)
{
    /* To run to a limit is to run to the end of history. */
    if (stop->reason == TIMELINE_STOP_STEP && move->kind == RSP_MOVE_CONTINUE && !manner.resume) {
        stop->reason = TIMELINE_STOP_END;
    }
    if (stop->reason == TIMELINE_STOP_STEP && move->kind == RSP_MOVE_REVERSE_CONTINUE) {
        stop->reason = TIMELINE_STOP_BEGIN;
    }
}

/*
 * An end of history in answer to its own step off a breakpoint leaves gdb 13 in the middle of that
 * step for good. So it is a step without a move. gdb then goes on, and is told, or finds that it is
 * at the breakpoint once more: the user is told here.
 */
static void hide_end(struct rsp_session *session, struct timeline_stop *stop)
{
    if (stop->reason == TIMELINE_STOP_DIVERGED || stop->reason == TIMELINE_STOP_DAMAGED) {
        rsp_session_print(session, stop->report ? stop->report : "replay and log disagree");
        rsp_session_print(session, "\n");
    } else {
        rsp_session_print(session, "ebb: this is the end of the recording\n");
    }
    stop->reason = TIMELINE_STOP_STEP;
}

/* "monitor next-is-seek" puts a seek in the place of the next move, unless that is one itself. */
static struct rsp_move replaced(struct rsp_session *session, const struct rsp_move *move)
{
    const struct rsp_move seek = {.kind = RSP_MOVE_SEEK, .from = session->next_position};
    bool replace = session->next_is_seek && move->kind != RSP_MOVE_SEEK;

    session->next_is_seek = false;
    return replace ? seek : *move;
}

void rsp_moves_note_stop(struct rsp_session *session, const struct timeline_stop *stop)
{
    session->diverged |= stop->reason == TIMELINE_STOP_DIVERGED;
    session->damaged |= stop->reason == TIMELINE_STOP_DAMAGED;
    session->at_watchpoint = stop->reason == TIMELINE_STOP_WATCHPOINT;
}

int rsp_move(struct rsp_session *session, const struct rsp_move *asked, struct timeline_stop *stop,
             struct ebb_error *error)
{
    const struct rsp_move made = replaced(session, asked), *move = &made;
    struct manner manner = {.alone = move->kind == RSP_MOVE_STEP_ALONE};

    if (session->interrupt && move->kind != RSP_MOVE_SEEK) {
        *stop = (struct timeline_stop){.reason = TIMELINE_STOP_INTERRUPTED,
                                       .position = timeline_position(session->timeline)};
        session->interrupt = false;
        return 0;
    }
    session->interrupt = false;
    manner.over = rsp_steps_begin(session, move->kind);
    if (decide_on_diversion(session, move->kind, &manner.resume, error) < 0 ||
        move_watched(session, move, manner, stop, error) < 0) {
        return -1;
    }
    interpret(move, manner, stop);
    if (rsp_physical_watch_end_move(session, is_forward(move->kind), is_step(move->kind), stop,
                                    error) < 0) {
        return -1;
    }
    rsp_moves_note_stop(session, stop);
    if (manner.alone && !manner.resume &&
        (stop->reason == TIMELINE_STOP_END || stop->reason == TIMELINE_STOP_DIVERGED ||
         stop->reason == TIMELINE_STOP_DAMAGED)) {
        hide_end(session, stop);
    }
    return 0;
}

int rsp_moves_go_to(struct rsp_session *session, uint64_t position, struct timeline_stop *stop,
                    struct ebb_error *error)
{
    do {
        if (timeline_seek(session->timeline, position, stop, error) < 0) {
            return -1;
        }
    } while (stop->reason == TIMELINE_STOP_INTERRUPTED);
    rsp_moves_note_stop(session, stop);
    return 0;
}

int rsp_moves_begin(struct rsp_session *session, struct ebb_error *error)
{
    bool resume;

    session->interrupt = false;
    if (decide_on_diversion(session, RSP_MOVE_SEEK, &resume, error) < 0) {
        return -1;
    }
    return rsp_watcher_begin(&session->watcher, session->timeline, true, error);
}

void rsp_moves_end(struct rsp_session *session)
{
    end_watch(session, rsp_watcher_requested(&session->watcher));
}
