/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lanes.h"

#include "early_stop.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { LANES_BY_DEFAULT = 4, MEMORY_SHARE = 4, TICK_MILLISECONDS = 50 };

struct slot {
    struct lane lane;
    pthread_t thread;
    bool started;
    /* Guarded by the lanes' lock: */
    bool busy; /* an element is being worked on, or waits for it */
    void *element;
    int status;
    struct ebb_error error;
};

struct lanes {
    struct lanes_options options;
    unsigned count;
    struct slot slots[LANES_MAX];
    pthread_mutex_t lock; /* guards what follows as well, and who sets a lane's timeline */
    pthread_cond_t begun, ended;
    lane_work work;
    bool closing;
    atomic_bool stopped;
    int stop_fd;
};

static uint64_t budget_of_one(const struct lanes *lanes)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t all = lanes->options.memory_budget;

    if (!all && pages > 0 && size > 0) {
        all = (uint64_t)pages * (uint64_t)size / MEMORY_SHARE;
    }
    return all / lanes->count;
}

static bool show_resolving(void *opaque, const struct resolve_status *status)
{
    struct lanes *lanes = opaque;

    return !lanes->stopped && (!lanes->options.resolving ||
                               lanes->options.resolving(lanes->options.resolving_opaque, status));
}

/* A request to stop that came when there was no timeline yet. */
static void pass_on_stop(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct lane *lane = opaque;

    (void)position;
    (void)from;
    (void)to;
    if (lane->lanes->stopped && lane->timeline) {
        timeline_interrupt(lane->timeline);
    }
}

static int open_timeline(struct lane *lane, struct ebb_error *error)
{
    struct lanes *lanes = lane->lanes;
    struct timeline_options options = {
        .recording = lanes->options.recording,
        .memory_budget = budget_of_one(lanes),
        .workers = 1,
        .progress = pass_on_stop,
        .progress_opaque = lane,
        .replacing = lanes->options.replacing,
        .resolving = show_resolving,
        .resolving_opaque = lanes,
    };

    struct timeline *timeline = lane->timeline;

    if (!timeline && (timeline = timeline_open(&options, error))) {
        pthread_mutex_lock(&lanes->lock);
        lane->timeline = timeline;
        pthread_mutex_unlock(&lanes->lock);
    }
    return timeline ? 0 : -1;
}

static void work_once(struct slot *slot)
{
    struct lanes *lanes = slot->lane.lanes;
    struct ebb_error error = {0};
    int status;

    pthread_mutex_unlock(&lanes->lock);
    status = open_timeline(&slot->lane, &error);
    if (status == 0 && slot->element) {
        status = lanes->work(&slot->lane, slot->element, &error);
    }
    pthread_mutex_lock(&lanes->lock);
    slot->status = status;
    slot->error = error;
    slot->busy = false;
    pthread_cond_broadcast(&lanes->ended);
}

static void *run_lane(void *opaque)
{
    struct slot *slot = opaque;
    struct lanes *lanes = slot->lane.lanes;

    pthread_mutex_lock(&lanes->lock);
    while (!lanes->closing) {
        if (slot->busy) {
            work_once(slot);
        } else {
            pthread_cond_wait(&lanes->begun, &lanes->lock);
        }
    }
    pthread_mutex_unlock(&lanes->lock);
    if (lanes->options.end) {
        lanes->options.end(&slot->lane);
    }
    timeline_close(slot->lane.timeline);
    return NULL;
}

static void stop(struct lanes *lanes)
{
    const uint64_t one = 1;

    if (lanes->stopped) {
        return;
    }
    lanes->stopped = true;
    (void)!write(lanes->stop_fd, &one, sizeof(one));
    for (unsigned i = 0; i < lanes->count; i++) {
        if (lanes->slots[i].lane.timeline) {
            timeline_interrupt(lanes->slots[i].lane.timeline);
        }
    }
}

static bool any_busy(const struct lanes *lanes)
{
    for (unsigned i = 0; i < lanes->count; i++) {
        if (lanes->slots[i].busy) {
            return true;
        }
    }
    return false;
}

/* Waits for all lanes, with the lock held. */
static void wait_for_all(struct lanes *lanes)
{
    struct timespec until;

    while (any_busy(lanes)) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MILLISECONDS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&lanes->ended, &lanes->lock, &until);
        if (lanes->options.tick && !lanes->options.tick(lanes->options.opaque)) {
            stop(lanes);
        }
    }
}

static int start_thread(struct slot *slot, struct ebb_error *error)
{
    int status = slot->started ? 0 : pthread_create(&slot->thread, NULL, run_lane, slot);

    if (status != 0) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(status));
    }
    slot->started = true;
    return 0;
}

/* Elements without an array: the timelines are opened. */
int lanes_run(struct lanes *lanes, lane_work work, void *array, size_t element_size, unsigned count,
              struct ebb_error *error)
{
    int status = 0;

    for (unsigned i = 0; i < count; i++) {
        if (start_thread(&lanes->slots[i], error) < 0) {
            return -1;
        }
    }
    pthread_mutex_lock(&lanes->lock);
    lanes->work = work;
    for (unsigned i = 0; i < count; i++) {
        lanes->slots[i].element = array ? (char *)array + i * element_size : NULL;
        lanes->slots[i].busy = true;
    }
    pthread_cond_broadcast(&lanes->begun);
    wait_for_all(lanes);
    for (unsigned i = 0; i < count && status == 0; i++) {
        status = lanes->slots[i].status;
        if (status < 0) {
            *error = lanes->slots[i].error;
        }
    }
    pthread_mutex_unlock(&lanes->lock);
    if (lanes->stopped) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    return status;
}

static unsigned choose_count(unsigned wanted)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (!wanted) {
        wanted = cpus < 1 ? 1 : cpus < LANES_BY_DEFAULT ? (unsigned)cpus : LANES_BY_DEFAULT;
    }
    return wanted < LANES_MAX ? wanted : LANES_MAX;
}

/* Waiting for an end goes by a clock that nobody sets. */
static void init_conditions(struct lanes *lanes)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&lanes->lock, NULL);
    pthread_cond_init(&lanes->begun, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lanes->ended, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct lanes *lanes_open(const struct lanes_options *options, struct ebb_error *error)
{
    struct lanes *lanes = calloc(1, sizeof(*lanes));

    if (!lanes) {
        ebb_fail_memory(error);
        return NULL;
    }
    lanes->options = *options;
    lanes->count = choose_count(options->count);
    init_conditions(lanes);
    for (unsigned i = 0; i < LANES_MAX; i++) {
        lanes->slots[i].lane = (struct lane){.lanes = lanes, .number = i};
    }
    lanes->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lanes->stop_fd < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    } else if (lanes_run(lanes, NULL, NULL, 0, 1, error) == 0) {
        return lanes;
    }
    lanes_close(lanes);
    return NULL;
}

void lanes_close(struct lanes *lanes)
{
    if (!lanes) {
        return;
    }
    pthread_mutex_lock(&lanes->lock);
    lanes->closing = true;
    pthread_cond_broadcast(&lanes->begun);
    pthread_mutex_unlock(&lanes->lock);
    for (unsigned i = 0; i < LANES_MAX; i++) {
        if (lanes->slots[i].started) {
            pthread_join(lanes->slots[i].thread, NULL);
        }
    }
    pthread_cond_destroy(&lanes->begun);
    pthread_cond_destroy(&lanes->ended);
    pthread_mutex_destroy(&lanes->lock);
    if (lanes->stop_fd >= 0) {
        close(lanes->stop_fd);
    }
    free(lanes);
}

unsigned lanes_count(const struct lanes *lanes)
{
    return lanes->count;
}

const void *lanes_plan(const struct lanes *lanes)
{
    return lanes->options.plan;
}

bool lanes_stopped(const struct lanes *lanes)
{
    return lanes->stopped;
}

int lanes_stop_fd(const struct lanes *lanes)
{
    return lanes->stop_fd;
}

int lane_check_stop(const struct timeline_stop *stop, uint64_t position, struct ebb_error *error)
{
    char advice[80];

    if (stop->reason != TIMELINE_STOP_INTERRUPTED && stop->position >= position) {
        return 0; /* where history ends, it may say why */
    }
    snprintf(advice, sizeof(advice), "--to %" PRIu64 " looks at what is before", stop->position);
    return early_stop_fail(stop, advice, stderr, error);
}

int lane_seek(struct lane *lane, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    return timeline_seek(lane->timeline, position, &stop, error) < 0
               ? -1
               : lane_check_stop(&stop, position, error);
}
