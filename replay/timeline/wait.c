/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wait.h"
#include "interrupt.h"

#include "log/clock.h"

#include <poll.h>

#define PROGRESS_INTERVAL 50u /* milliseconds */

static void interrupt_workers(struct timeline *timeline)
{
    timeline->interrupted = true;
    for (unsigned i = 0; i < timeline->worker_count; i++) {
        struct worker_client *worker = timeline->replicas[i].worker;

        if (worker && worker_client_running(worker)) {
            worker_client_request_stop(worker);
        }
    }
}

/* How far the move has come: the running worker that is nearest to where it began. */
static uint64_t progress_position(const struct timeline *timeline)
{
    uint64_t from = timeline->progress_from, to = timeline->progress_to, best = to;
    bool forward = from <= to;

    for (unsigned i = 0; i < timeline->worker_count; i++) {
        struct worker_client *worker = timeline->replicas[i].worker;
        uint64_t position;

        if (worker && worker_client_running(worker)) {
            position = worker_client_progress(worker);
            best = forward == (position < best) ? position : best;
        }
    }
    if (forward) {
        return best < from ? from : best;
    }
    return best > from ? from : best;
}

static void report_progress(struct timeline *timeline)
{
    uint64_t now = ebb_clock_now();

    if (!timeline->progress ||
        now - timeline->progress_time < (uint64_t)PROGRESS_INTERVAL * 1000000u) {
        return;
    }
    timeline->progress_time = now;
    timeline->progress(timeline->progress_opaque, progress_position(timeline),
                       timeline->progress_from, timeline->progress_to);
}

/* Ends workers that hang, which their sockets tell. Returns the milliseconds to the next look, or
 * -1 if none is needed. */
static int look_at_workers(struct timeline *timeline)
{
    int milliseconds = timeline->progress ? (int)PROGRESS_INTERVAL : -1;

    for (unsigned i = 0; i < timeline->worker_count; i++) {
        struct worker_client *worker = timeline->replicas[i].worker;

        if (worker && worker_client_running(worker)) {
            int interval = (int)((worker_client_look_interval(worker) + 999999) / 1000000);

            worker_client_look(worker);
            if (interval && (milliseconds < 0 || interval < milliseconds)) {
                milliseconds = interval;
            }
        }
    }
    return milliseconds;
}

unsigned wait_for_stop(struct timeline *timeline)
{
    struct pollfd files[TIMELINE_MAX_WORKERS + 1];

    while (1) {
        files[TIMELINE_MAX_WORKERS] = (struct pollfd){.fd = -1, .events = POLLIN};
        if (!timeline->uninterruptible) {
            files[TIMELINE_MAX_WORKERS].fd = timeline->wake;
        }
        for (unsigned i = 0; i < TIMELINE_MAX_WORKERS; i++) {
            struct worker_client *worker = timeline->replicas[i].worker;
            bool running = worker && worker_client_running(worker);

            files[i] = (struct pollfd){.fd = running ? worker_client_socket(worker) : -1,
                                       .events = POLLIN};
        }
        poll(files, TIMELINE_MAX_WORKERS + 1, look_at_workers(timeline));
        report_progress(timeline);
        if (files[TIMELINE_MAX_WORKERS].revents && interrupt_take(timeline)) {
            interrupt_workers(timeline);
        }
        for (unsigned i = 0; i < TIMELINE_MAX_WORKERS; i++) {
            if (files[i].revents) {
                return i;
            }
        }
    }
}
