/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"
#include "interrupt.h"

int answer_here(struct timeline *timeline, enum timeline_stop_reason reason,
                struct timeline_stop *stop)
{
    /* A second interruption of the same move is not meant for the next one. */
    if (reason == TIMELINE_STOP_INTERRUPTED) {
        interrupt_take(timeline);
    }
    stop->reason = reason;
    stop->position = timeline->moment.position;
    stop->report = NULL;
    if (reason == TIMELINE_STOP_DIVERGED) {
        stop->reason = timeline->damaged ? TIMELINE_STOP_DAMAGED : reason;
        stop->report = timeline->report;
    }
    return 0;
}

int answer_hit(struct timeline *timeline, const struct worker_hit *hit, struct timeline_stop *stop)
{
    bool execute = hit->kind == WORKER_BREAK_EXECUTE;

    if (hit->kind == WORKER_BREAK_INTERRUPT) { /* only steps look for it */
        timeline->suspended = hit->context;
        timeline->handler_pc = hit->pc;
        stop->handler = true;
        return answer_here(timeline, TIMELINE_STOP_STEP, stop);
    }
    stop->kind = hit->kind == WORKER_WATCH_CHANGE ? TIMELINE_WATCH_WRITE
                                                  : (enum timeline_breakpoint_kind)hit->kind;
    stop->by_device = hit->by_device;
    stop->by_reset = hit->by_reset;
    stop->inside = hit->moment.phase == MOMENT_INSIDE;
    stop->address = execute ? hit->address : hit->data_address;
    return answer_here(timeline, execute ? TIMELINE_STOP_BREAKPOINT : TIMELINE_STOP_WATCHPOINT,
                       stop);
}

int answer_end(struct timeline *timeline, struct timeline_stop *stop)
{
    return answer_here(timeline, timeline->diverged ? TIMELINE_STOP_DIVERGED : TIMELINE_STOP_END,
                       stop);
}
