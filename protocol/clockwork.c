/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clockwork.h"

#include <stddef.h>
#include <string.h>

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t position_of(struct clockwork *clockwork)
{
    return clockwork->machine->position(clockwork->opaque);
}

static const struct ebb_event *next_event(struct clockwork *clockwork)
{
    return clockwork->machine->next_event(clockwork->opaque);
}

static bool diverged(struct clockwork *clockwork)
{
    return clockwork->machine->diverged(clockwork->opaque);
}

void clockwork_load(struct clockwork *clockwork, struct moment moment)
{
    clockwork->now = moment;
    clockwork->counted_count = 0;
}

static bool is_same_hit(const struct worker_hit *a, const struct worker_hit *b)
{
    return moment_compare(a->moment, b->moment) == 0 && a->kind == b->kind &&
           a->access == b->access && a->address == b->address &&
           a->data_address == b->data_address && a->data_length == b->data_length;
}

/* What an instruction does itself. Exceptions are taken and left once, and several at one moment
 * are several; what devices do is in the log, once; a call that has ended is not followed any more,
 * and what ends together with it is another one. */
static bool may_come_again(const struct worker_hit *hit)
{
    switch (hit->kind) {
    case WORKER_BREAK_INTERRUPT:
    case WORKER_BREAK_EXCEPTION:
    case WORKER_BREAK_RETURN:
    case WORKER_BREAK_SAMPLE:
    case WORKER_CALL_RETURNED:
    case WORKER_CALL_LEFT:
        return false;
    default:
        return !hit->by_device;
    }
}

/*
 * Some machines begin an instruction again: QEMU does if it turns out to access a device, or if
 * there is to be a look behind it. What it has hit until then it hits once more, and that counts
 * once. True if the hit is one of these; else it is kept as long as its position is the present.
 */
static bool is_counted(struct clockwork *clockwork, const struct worker_hit *hit)
{
    if (!may_come_again(hit)) {
        return false;
    }
    if (clockwork->counted_count && clockwork->counted[0].moment.position != hit->moment.position) {
        clockwork->counted_count = 0;
    }
    for (unsigned i = 0; i < clockwork->counted_count; i++) {
        if (is_same_hit(&clockwork->counted[i], hit)) {
            return true;
        }
    }
    if (clockwork->counted_count < CLOCKWORK_COUNTED) {
        clockwork->counted[clockwork->counted_count++] = *hit;
    }
    return false;
}

bool clockwork_hit(struct clockwork *clockwork, const struct worker_hit *hit)
{
    bool is_first = !clockwork->hit_count;

    if (!moment_before(clockwork->reported, hit->moment) || is_counted(clockwork, hit)) {
        return false; /* (5) */
    }
    if (clockwork->looks_for_last || is_first) {
        clockwork->hit = *hit; /* (6) */
    }
    clockwork->hit_count++;
    if (clockwork->notes_rows && clockwork->machine->note(clockwork->opaque, hit)) {
        clockwork->full = true;
    }
    /* An instruction in which a device has made the first hit goes on to its end, over what else it
     * accesses. */
    return is_first && !clockwork->looks_for_last;
}

/* True if an event of that kind is what comes next, here. */
static bool is_due(struct clockwork *clockwork, enum ebb_event_kind kind)
{
    const struct ebb_event *event = next_event(clockwork);

    return event && event->kind == kind && event->position == clockwork->now.position;
}

/* True for what settling applies: a reset is the engine's to load, the end has no effect. */
static bool is_applicable(struct clockwork *clockwork)
{
    const struct ebb_event *event = next_event(clockwork);

    return event && event->position == clockwork->now.position &&
           ebb_event_is_asynchronous(event) && event->kind != EBB_EVENT_RESET &&
           event->kind != EBB_EVENT_END;
}

static void apply_next(struct clockwork *clockwork)
{
    if (next_event(clockwork)->flags & EBB_EVENT_AFTER_ENTRY) {
        clockwork->machine->take_interrupt(clockwork->opaque);
    }
    clockwork->machine->apply(clockwork->opaque);
    clockwork->now.event = clockwork->machine->next_number(clockwork->opaque);
}

/* From ARRIVED to SETTLED; stays ARRIVED in front of a reset, or where replay and log disagree. */
static void settle(struct clockwork *clockwork)
{
    while (is_applicable(clockwork) && !diverged(clockwork)) {
        apply_next(clockwork); /* (2) */
    }
    if (diverged(clockwork) || is_due(clockwork, EBB_EVENT_RESET)) {
        return;
    }
    if (!clockwork->keeps_last_interrupt || !is_due(clockwork, EBB_EVENT_END)) {
        clockwork->machine->take_interrupt(clockwork->opaque);
    }
    clockwork->machine->settled(clockwork->opaque);
    clockwork->now.phase = MOMENT_SETTLED;
}

/* A run to the first hit has met one. */
static bool has_hit(const struct clockwork *clockwork)
{
    return clockwork->hit_count && !clockwork->looks_for_last;
}

/* A run to the first hit was left in front of the instruction that makes it, or inside of it. */
static bool left_at_hit(const struct clockwork *clockwork, uint64_t position)
{
    return has_hit(clockwork) && !clockwork->hit.by_device &&
           clockwork->hit.moment.position == position;
}

/* The run is over a range of addresses, and has left it. */
static bool has_left(struct clockwork *clockwork, uint64_t position)
{
    return clockwork->range && position > clockwork->reported.position &&
           worker_run_is_outside(clockwork->range, clockwork->machine->pc(clockwork->opaque));
}

/* Instructions until a look is due at what may end the run. */
static uint64_t slice_of(const struct clockwork *clockwork)
{
    return clockwork->range ? 1 : clockwork->slice;
}

static void execute(struct clockwork *clockwork, uint64_t instructions)
{
    uint64_t position;

    clockwork->machine->execute(clockwork->opaque, instructions);
    position = position_of(clockwork);
    clockwork->now =
        left_at_hit(clockwork, position) ? clockwork->hit.moment : moment_arrived(position);
    clockwork->now.event = clockwork->machine->next_number(clockwork->opaque);
}

/* From SETTLED to the next place where something has to happen. At least one instruction, so that
 * an event in a wrong place is met as a divergence (4). */
static void go_on(struct clockwork *clockwork)
{
    uint64_t position = clockwork->now.position;
    uint64_t to = least(clockwork->limit.position, clockwork->end_position);

    to = position < to ? position + least(to - position, slice_of(clockwork)) : position;
    to = clockwork->machine->quiet_until(clockwork->opaque, position, to);
    execute(clockwork, to > position ? to - position : 1);
}

/* Replay and log disagree if the guest has gone past an event. */
static void check_for_missed_event(struct clockwork *clockwork)
{
    const struct ebb_event *event = next_event(clockwork);

    if (event && event->position < clockwork->now.position && !diverged(clockwork)) {
        clockwork->machine->diverge(clockwork->opaque, event->position,
                                    "nothing: the guest went on without it");
    }
}

static uint32_t reason_to_stop_arrived(struct clockwork *clockwork)
{
    bool at_limit = !moment_before(clockwork->now, clockwork->limit);

    if (!at_limit && !is_due(clockwork, EBB_EVENT_RESET)) {
        return 0; /* (6) */
    }
    if (has_hit(clockwork)) {
        return WORKER_STOP_HIT;
    }
    return at_limit ? WORKER_STOP_LIMIT : WORKER_STOP_RESET;
}

static uint32_t reason_to_stop_settled(struct clockwork *clockwork)
{
    uint64_t position = clockwork->now.position;

    if (has_hit(clockwork)) {
        return WORKER_STOP_HIT;
    }
    if (has_left(clockwork, position)) {
        return WORKER_STOP_LEFT;
    }
    if (position >= clockwork->end_position) {
        return clockwork->limit.position > position ? WORKER_STOP_END : WORKER_STOP_LIMIT;
    }
    if (!moment_before(clockwork->now, clockwork->limit)) {
        return WORKER_STOP_LIMIT;
    }
    if (clockwork->machine->asleep(clockwork->opaque)) {
        clockwork->machine->diverge(clockwork->opaque, position, "the CPU waits for an interrupt");
        return WORKER_STOP_DIVERGED;
    }
    if (clockwork->full) {
        return WORKER_STOP_FULL;
    }
    return clockwork->machine->stop_requested(clockwork->opaque) ? WORKER_STOP_INTERRUPTED : 0;
}

/* Why the run has to stop now; 0 if it goes on. */
static uint32_t reason_to_stop(struct clockwork *clockwork)
{
    check_for_missed_event(clockwork);
    if (diverged(clockwork)) {
        return WORKER_STOP_DIVERGED;
    }
    switch (clockwork->now.phase) {
    case MOMENT_ARRIVED:
        return reason_to_stop_arrived(clockwork);
    case MOMENT_SETTLED:
        return reason_to_stop_settled(clockwork);
    default:
        return WORKER_STOP_HIT;
    }
}

static void begin_run(struct clockwork *clockwork, const struct worker_run *run)
{
    clockwork->reported = run->reported;
    clockwork->limit = run->limit;
    clockwork->notes_rows = run->flags & WORKER_RUN_ROWS;
    clockwork->looks_for_last = run->flags & (WORKER_RUN_LAST_HIT | WORKER_RUN_ROWS);
    if (!(clockwork->full && run->flags & WORKER_RUN_ROWS)) {
        clockwork->counted_count = 0;
    }
    clockwork->full = false;
    clockwork->range = run->flags & WORKER_RUN_RANGE ? run : NULL;
    clockwork->hit_count = 0;
    memset(&clockwork->hit, 0, sizeof(clockwork->hit));
}

static void end_run(struct clockwork *clockwork, uint32_t reason, struct worker_stop *stop)
{
    clockwork->range = NULL;
    memset(stop, 0, sizeof(*stop));
    stop->reason = reason;
    stop->moment = clockwork->now;
    stop->hit_count = clockwork->hit_count;
    stop->hit = clockwork->hit;
}

bool clockwork_run(struct clockwork *clockwork, const struct worker_run *run,
                   struct worker_stop *stop)
{
    uint32_t reason;

    if (clockwork->now.phase >= MOMENT_INSIDE || run->limit.phase > MOMENT_SETTLED ||
        moment_before(run->limit, clockwork->now)) {
        return false;
    }
    begin_run(clockwork, run);
    clockwork->now.event = clockwork->machine->next_number(clockwork->opaque);
    while (!(reason = reason_to_stop(clockwork))) {
        if (clockwork->now.phase == MOMENT_ARRIVED) {
            settle(clockwork);
        } else {
            go_on(clockwork); /* (1) */
        }
    }
    end_run(clockwork, reason, stop);
    return true;
}

/* Why a diversion has to stop at a position; 0 if it goes on. */
static uint32_t reason_to_end_diversion(struct clockwork *clockwork, uint64_t position,
                                        uint64_t limit)
{
    if (clockwork->hit_count) {
        return WORKER_STOP_HIT;
    }
    if (has_left(clockwork, position)) {
        return WORKER_STOP_LEFT;
    }
    if (position >= limit) {
        return WORKER_STOP_LIMIT;
    }
    if (clockwork->machine->asleep(clockwork->opaque)) {
        return WORKER_STOP_HALTED;
    }
    return clockwork->machine->stop_requested(clockwork->opaque) ? WORKER_STOP_INTERRUPTED : 0;
}

void clockwork_divert(struct clockwork *clockwork, const struct worker_run *run,
                      struct worker_stop *stop)
{
    uint64_t position = position_of(clockwork), count = run->limit.position;
    uint64_t limit = count > UINT64_MAX - position ? UINT64_MAX : position + count;
    uint32_t reason;

    begin_run(clockwork, run);
    clockwork->looks_for_last = clockwork->notes_rows = false;
    clockwork->reported =
        moment_is_settled(run->reported) ? moment_settled(position) : moment_arrived(position);
    while (!(reason = reason_to_end_diversion(clockwork, position, limit))) {
        clockwork->machine->execute(clockwork->opaque,
                                    least(limit - position, slice_of(clockwork)));
        position = position_of(clockwork);
    }
    clockwork->now = (struct moment){.position = position, .phase = MOMENT_NOWHERE};
    end_run(clockwork, reason, stop);
}
