/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "steps.h"

void rsp_steps_end_command(struct rsp_session *session)
{
    struct rsp_steps *steps = &session->steps;

    if (steps->moves == 0) {
        return;
    }
    /* One of the other kinds is no sign: a line may consist of one instruction. */
    if (steps->told) {
        steps->by_instruction = false;
    } else if (steps->moves > 1 || !steps->unclear) {
        steps->by_instruction = steps->moves == 1 && steps->one;
    }
    steps->moves = 0;
    steps->handler = false;
}

void rsp_steps_announce_stepi(struct rsp_session *session)
{
    session->steps.told = session->steps.by_instruction = true;
}

bool rsp_steps_begin(struct rsp_session *session, enum rsp_move_kind kind)
{
    struct rsp_steps *steps = &session->steps;
    bool first;

    if (kind == RSP_MOVE_SEEK) {
        return false; /* says nothing of how the client steps */
    }
    first = steps->moves++ == 0;
    steps->one = kind == RSP_MOVE_STEP;
    steps->unclear = kind == RSP_MOVE_STEP_ALONE || kind == RSP_MOVE_REVERSE_STEP;
    steps->back = kind == RSP_MOVE_REVERSE_STEP;
    if (!steps->over || session->at_watchpoint) {
        return false;
    }
    switch (kind) {
    case RSP_MOVE_STEP:
        return !first || (steps->told && !steps->by_instruction);
    case RSP_MOVE_STEP_ALONE:
    case RSP_MOVE_REVERSE_STEP:
        return !first || !steps->by_instruction;
    default:
        return kind == RSP_MOVE_RANGE;
    }
}

void rsp_steps_note_exact(struct rsp_session *session, const struct timeline_stop *stop)
{
    session->steps.handler = session->steps.moves == 1 && session->steps.over &&
                             !session->at_watchpoint && stop->reason == TIMELINE_STOP_STEP &&
                             stop->handler;
}

int rsp_steps_make_good(struct rsp_session *session, struct ebb_error *error)
{
    struct timeline *timeline = session->timeline;
    struct timeline_stop stop;
    bool wanted = session->steps.handler;

    session->steps.handler = false;
    if (!wanted) {
        return 0;
    }
    if (session->steps.back) {
        return timeline_step(timeline, &stop, error) < 0
                   ? -1
                   : timeline_reverse_step_over(timeline, &stop, error);
    }
    return timeline_reverse_step(timeline, &stop, error) < 0
               ? -1
               : timeline_step_over(timeline, &stop, error);
}
