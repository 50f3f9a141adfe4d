/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "ebb/position.h"
#include "divergence.h"
#include "events.h"

static void read_next(struct worker *worker)
{
    struct worker_events *events = &worker->events;
    struct ebb_error error;
    int result = ebb_cursor_next(events->cursor, &events->next, &error);

    events->have_next = result == 1;
    if (result < 0) {
        worker_meet_damage(worker, ebb_position_now(), error.message);
    }
}

static void look_ahead(struct worker_events *events)
{
    struct ebb_event event;

    events->ahead_number = ebb_cursor_event_number(events->lookahead);
    if (ebb_cursor_next(events->lookahead, &event, NULL) == 1) {
        events->ahead_position = event.position;
        events->ahead_async = ebb_event_is_asynchronous(&event);
    } else {
        events->ahead_position = UINT64_MAX;
    }
}

int worker_events_open(struct worker *worker, const struct worker_options *options,
                       struct ebb_error *error)
{
    struct worker_events *events = &worker->events;
    struct ebb_log_summary summary;
    bool again;

    events->log =
        ebb_log_open_files(options->files, options->recording, !options->resolve, &again, error);
    if (again) {
        exit(WORKER_EXIT_MOVED);
    }
    if (!events->log) {
        return -1;
    }
    ebb_log_summary(events->log, &summary);
    worker->kvm.unresolved = summary.counts && (options->resolve || !summary.resolved);
    worker->kvm.exact_counts = summary.exact_counts;
    events->end_position = summary.end_position;
    events->event_count = summary.event_count;
    events->cursor = ebb_cursor_new(events->log, error);
    events->lookahead = ebb_cursor_new(events->log, error);
    return events->cursor && events->lookahead ? 0 : -1;
}

int worker_events_seek(struct worker *worker, uint64_t event_number, struct ebb_error *error)
{
    struct worker_events *events = &worker->events;

    if (ebb_cursor_seek_event(events->cursor, event_number, error) ||
        ebb_cursor_seek_event(events->lookahead, event_number, error)) {
        return -1;
    }
    events->next_number = event_number;
    read_next(worker);
    look_ahead(events);
    return 0;
}

const struct ebb_event *worker_events_peek(struct worker *worker)
{
    return worker->events.have_next ? &worker->events.next : NULL;
}

void worker_events_advance(struct worker *worker, uint64_t position)
{
    struct ebb_event consumed = worker->events.next;

    worker->events.next_number++;
    read_next(worker);
    if (worker->kvm.active && ebb_event_is_synchronous(&consumed)) {
        arm_clear_exclusive(&worker->cpu->env); /* KVM has entered the guest anew */
    }
    worker->mode->consumed(worker, &consumed, position);
}

uint64_t worker_events_next_async(struct worker *worker, uint64_t limit)
{
    struct worker_events *events = &worker->events;

    /* Stretches without asynchronous events can be millions of events long: look no farther than
     * needed. */
    while (events->ahead_position < limit &&
           (!events->ahead_async || events->ahead_number < events->next_number)) {
        look_ahead(events);
    }
    return MIN(events->ahead_position, limit);
}
