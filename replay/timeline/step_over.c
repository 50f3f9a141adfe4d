/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that an interrupt is a part of. */
#include "answer.h"
#include "backward.h"
#include "breakpoints.h"
#include "inspect.h"
#include "move.h"
#include "run.h"
#include "search.h"
#include "step.h"

/*
 * How far back, in checkpoint distances (200 M instructions by default), the interrupt is looked
 * for that an exception return belongs to. A guess: handlers take less, even with other threads in
 * between; and it is what a step costs over a return of another kind whose call is not found.
 */
#define SPAN 10u

/* The handler does not return: the step ends where that begins. */
static int end_at_entry(struct timeline *timeline, uint64_t entry, struct timeline_stop *stop,
                        struct ebb_error *error)
{
    move_arrive(timeline, entry);
    *stop = (struct timeline_stop){.handler = true};
    return move_reach_present(timeline, error) ? -1
                                               : answer_here(timeline, TIMELINE_STOP_STEP, stop);
}

/* Runs on from a handler's first instruction until it returns. */
static int finish_handler(struct timeline *timeline, struct timeline_stop *stop,
                          struct ebb_error *error)
{
    const struct worker_breakpoint back = {.kind = WORKER_BREAK_EXECUTE,
                                           .flags = WORKER_BREAK_IN_CONTEXT,
                                           .address = timeline->suspended.pc,
                                           .context = timeline->suspended};
    uint64_t entry = timeline->moment.position;
    struct worker_context now;
    struct breakpoint_list users;
    int status, counts = timeline_breakpoint_counts(timeline, timeline->handler_pc, error);

    if (counts < 0) {
        return -1;
    }
    if (counts) {
        stop->address = timeline->handler_pc;
        stop->kind = TIMELINE_BREAK_EXECUTE;
        return answer_here(timeline, TIMELINE_STOP_BREAKPOINT, stop);
    }
    if (breakpoints_extend(timeline, &back, 1, &users, error)) {
        return -1;
    }
    *stop = (struct timeline_stop){0};
    status = run_forward(timeline, timeline->end, stop, error);
    breakpoints_restore(timeline, &users);
    if (status) {
        return -1;
    }
    if (stop->reason == TIMELINE_STOP_END || stop->reason == TIMELINE_STOP_DIVERGED ||
        stop->reason == TIMELINE_STOP_DAMAGED) {
        return end_at_entry(timeline, entry, stop, error);
    }
    if (stop->reason == TIMELINE_STOP_BREAKPOINT && stop->address == back.address) {
        if (inspect_context(timeline, &now, error)) {
            return -1;
        }
        if (worker_context_same(&now, &back.context)) {
            stop->reason = TIMELINE_STOP_STEP; /* else it is a breakpoint of the user's */
        }
    }
    return 0;
}

int timeline_step_over(struct timeline *timeline, struct timeline_stop *stop,
                       struct ebb_error *error)
{
    if (timeline_step(timeline, stop, error)) {
        return -1;
    }
    if (stop->reason != TIMELINE_STOP_STEP || !stop->handler) {
        return 0;
    }
    return finish_handler(timeline, stop, error);
}

int timeline_step_range_over(struct timeline *timeline, const struct timeline_range *range,
                             struct timeline_stop *stop, struct ebb_error *error)
{
    int begun = move_begin(timeline, timeline->end, stop, error);

    if (begun) {
        return begun < 0 ? -1 : 0;
    }
    if (step_to_handler(timeline, range, timeline->end, stop, error)) {
        return -1;
    }
    return stop->reason == TIMELINE_STOP_STEP && stop->handler
               ? finish_handler(timeline, stop, error)
               : 0;
}

/*
 * Looks for the interrupt that was taken in a context which was returned to. What comes last tells:
 * that it was taken, or that the instruction there was executed in that context, in which case
 * something else has returned, such as a system call.
 */
static int find_entry(struct timeline *timeline, const struct worker_context *context,
                      struct search_result *found, struct ebb_error *error)
{
    struct worker_breakpoint passages[] = {
        {.kind = WORKER_BREAK_EXECUTE,
         .flags = WORKER_BREAK_IN_CONTEXT,
         .address = context->pc,
         .context = *context},
        {.kind = WORKER_BREAK_INTERRUPT,
         .flags = WORKER_BREAK_IN_CONTEXT,
         .address = context->pc,
         .context = *context},
    };
    const struct breakpoint_list users = timeline->breakpoints;
    uint64_t position = timeline->moment.position, span = SPAN * timeline->base_every;
    uint64_t from = position - timeline->begin > span ? position - span : timeline->begin;
    int status;

    timeline->breakpoints = (struct breakpoint_list){.list = passages, .count = 2};
    status =
        search_last_hit(timeline, moment_applied(from), moment_settled(position), found, error);
    timeline->breakpoints = users;
    return status;
}

/* Goes back over the handler that the timeline stands at the return of, if there is one, and over
 * the instruction before the interrupt. Returns 1 if the step is over, 0 if it stands at a return
 * again, or -1. */
static int undo_handler(struct timeline *timeline, const struct worker_context *context,
                        struct timeline_stop *stop, struct ebb_error *error)
{
    uint64_t position = timeline->moment.position;
    struct search_result found = {.kind = SEARCH_NOTHING};
    struct worker_context now;
    uint64_t entry;

    if (inspect_context(timeline, &now, error)) {
        return -1;
    }
    stop->handler = now.returns;
    if (!now.returns) {
        return 1;
    }
    if (find_entry(timeline, context, &found, error)) {
        return -1;
    }
    if (found.kind == SEARCH_INTERRUPTED) {
        return answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop) ? -1 : 1;
    }
    if (found.kind != SEARCH_HIT || found.hit.kind != WORKER_BREAK_INTERRUPT) {
        return 1;
    }
    entry = found.hit.moment.position;
    if (timeline->breakpoints.count &&
        search_last_hit(timeline, moment_applied(entry), moment_arrived(position + 1), &found,
                        error)) {
        return -1;
    }
    if (timeline->breakpoints.count && found.kind != SEARCH_NOTHING) {
        timeline->uninterruptible = true;
        return backward_end(timeline, &found, position, TIMELINE_STOP_STEP, stop, error) ? -1 : 1;
    }
    move_arrive(timeline, entry);
    *stop = (struct timeline_stop){0};
    if (step_back(timeline, stop, error)) {
        return -1;
    }
    return stop->reason == TIMELINE_STOP_STEP ? 0 : 1;
}

int timeline_reverse_step_over(struct timeline *timeline, struct timeline_stop *stop,
                               struct ebb_error *error)
{
    struct worker_context context;
    int over;

    if (timeline->diversion && timeline_drop_diversion(timeline, error)) {
        return -1;
    }
    if (inspect_context(timeline, &context, error) ||
        timeline_reverse_step(timeline, stop, error)) {
        return -1;
    }
    if (stop->reason != TIMELINE_STOP_STEP) {
        return 0;
    }
    while ((over = undo_handler(timeline, &context, stop, error)) == 0) {
    }
    return over < 0 ? -1 : 0;
}
