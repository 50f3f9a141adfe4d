/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moves.h"

#include "breakpoints.h"

static bool is_forward(enum rsp_move_kind kind)
{
    return kind == RSP_MOVE_CONTINUE || kind == RSP_MOVE_STEP || kind == RSP_MOVE_RANGE;
}

/*
 * What becomes of a diversion. A function called by the debugger has to run in it: the PC was
 * moved, and the move is forward. Everything else follows the history, which the writes never
 * touched; the user is told unless the writes were those of such a call.
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
        session->diversion_ran = true;
        return 0;
    }
    if (!session->diversion_ran) {
        rsp_session_print(session, "ebb: what was written to registers and memory is undone: time "
                                   "moves along the recording\n");
    }
    return timeline_drop_diversion(session->timeline, error);
}

static int step(struct rsp_session *session, bool resume, struct timeline_stop *stop,
                struct ebb_error *error)
{
    return resume ? timeline_resume_diversion(session->timeline, true, stop, error)
                  : timeline_step(session->timeline, stop, error);
}

/* Steps until something other than the step itself ends it, or the PC leaves the range. */
static int step_range(struct rsp_session *session, const struct rsp_move *move, bool resume,
                      struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t pc;

    do {
        if (rsp_watcher_requested(&session->watcher)) {
            stop->reason = TIMELINE_STOP_INTERRUPTED;
            return 0;
        }
        if (step(session, resume, stop, error) < 0) {
            return -1;
        }
        if (stop->reason != TIMELINE_STOP_STEP) {
            return 0;
        }
        if (timeline_read_pc(session->timeline, &pc, error) < 0) {
            return -1;
        }
        if (rsp_breakpoint_at(session, pc)) {
            stop->reason = TIMELINE_STOP_BREAKPOINT;
            stop->address = pc;
            return 0;
        }
    } while (pc >= move->from && pc < move->to);
    return 0;
}

static int move_once(struct rsp_session *session, const struct rsp_move *move, bool resume,
                     struct timeline_stop *stop, struct ebb_error *error)
{
    struct timeline *timeline = session->timeline;

    *stop = (struct timeline_stop){.reason = TIMELINE_STOP_STEP,
                                   .position = timeline_position(timeline)};
    switch (move->kind) {
    case RSP_MOVE_STEP:
        return step(session, resume, stop, error);
    case RSP_MOVE_RANGE:
        return step_range(session, move, resume, stop, error);
    case RSP_MOVE_REVERSE_STEP:
        return timeline_reverse_step(timeline, stop, error);
    case RSP_MOVE_REVERSE_CONTINUE:
        return timeline_run_backward(timeline, timeline_begin(timeline), stop, error);
    case RSP_MOVE_SEEK:
        return timeline_seek(timeline, move->from, stop, error);
    case RSP_MOVE_CONTINUE:
        break;
    }
    return resume ? timeline_resume_diversion(timeline, false, stop, error)
                  : timeline_run_forward(timeline, timeline_end(timeline), stop, error);
}

static int move_watched(struct rsp_session *session, const struct rsp_move *move, bool resume,
                        struct timeline_stop *stop, struct ebb_error *error)
{
    int status;

    if (rsp_watcher_begin(&session->watcher, move->kind == RSP_MOVE_SEEK, error) < 0) {
        return -1;
    }
    status = move_once(session, move, resume, stop, error);
    if (status == 0 && stop->reason == TIMELINE_STOP_INTERRUPTED &&
        !rsp_watcher_requested(&session->watcher)) {
        /* An interrupt meant for the move before came when that was over already. */
        status = move_once(session, move, resume, stop, error);
    }
    rsp_watcher_end(&session->watcher);
    if (rsp_watcher_given_up(&session->watcher)) {
        session->silent = true; /* an answer now would be taken for that to the next packet */
    }
    return status;
}

int rsp_move(struct rsp_session *session, const struct rsp_move *move, struct timeline_stop *stop,
             struct ebb_error *error)
{
    bool resume;

    if (decide_on_diversion(session, move->kind, &resume, error) < 0 ||
        move_watched(session, move, resume, stop, error) < 0) {
        return -1;
    }
    /* To run to a limit is to run to the end of history. */
    if (stop->reason == TIMELINE_STOP_STEP && move->kind == RSP_MOVE_CONTINUE && !resume) {
        stop->reason = TIMELINE_STOP_END;
    }
    if (stop->reason == TIMELINE_STOP_STEP && move->kind == RSP_MOVE_REVERSE_CONTINUE) {
        stop->reason = TIMELINE_STOP_BEGIN;
    }
    session->diverged |= stop->reason == TIMELINE_STOP_DIVERGED;
    return 0;
}
