/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

#include "distance.h"

#include "log/index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECKPOINT_EVERY 20000000u /* instructions */
#define LANES_BY_DEFAULT 4u
#define MEMORY_SHARE 8u /* checkpoints may take one part in this of the machine's memory */
#define PROGRESS_INTERVAL 50000000u /* nanoseconds */
#define BATCH 4096u                 /* positions handed to the index at once */

static int out_of_memory(struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
}

/* The index. */

/* What is needed to put the intervals' results one behind the other. */
struct assembly {
    struct resolver *resolver;
    struct ebb_index_writer *index;
    struct resolve_result *result;
    uint64_t position;   /* where the next interval begins */
    uint64_t last_event; /* position of the last event or keyframe */
    uint64_t next_event;
};

/* Events outside of the intervals: resets, and what precedes the first keyframe. */
static int add_events_here(struct assembly *assembly, uint64_t until, struct ebb_error *error)
{
    for (; assembly->next_event < until; assembly->next_event++) {
        if (ebb_index_add_events(assembly->index, &assembly->position, 1, error)) {
            return -1;
        }
        assembly->last_event = assembly->position;
        assembly->result->events++;
    }
    return 0;
}

static int add_events(struct assembly *assembly, const struct interval_result *interval,
                      struct ebb_error *error)
{
    uint64_t batch[BATCH], distance, position = assembly->position;
    const uint8_t *packed = interval->packed;
    size_t used = 0;

    for (uint64_t i = 0; i < interval->event_count; i++) {
        packed = distance_unpack(packed, &distance);
        position += distance;
        batch[used++] = position;
        if (used == BATCH || i + 1 == interval->event_count) {
            if (ebb_index_add_events(assembly->index, batch, used, error)) {
                return -1;
            }
            used = 0;
        }
    }
    if (interval->event_count) {
        assembly->last_event = position;
    }
    assembly->next_event += interval->event_count;
    assembly->result->events += interval->event_count;
    return 0;
}

static int add_decisions(struct assembly *assembly, const struct interval_result *interval,
                         struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;
    const struct decision_list *decisions = &interval->decisions;
    struct resolve_flip *flips;

    if (!decisions->count) {
        return 0;
    }
    flips = realloc(result->flips, (result->flip_count + decisions->count) * sizeof(*flips));
    if (!flips) {
        return out_of_memory(error);
    }
    result->flips = flips;
    qsort(decisions->list, decisions->count, sizeof(*decisions->list), decision_by_position);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        uint64_t position = decision->override.position - interval->begin + assembly->position;

        if (decision->override.kind != WORKER_CLEAR_EXCLUSIVE) {
            result->replaced += decision->override.kind == WORKER_PLACE_EVENT;
            continue;
        }
        if (result->flip_count && result->flips[result->flip_count - 1].position == position) {
            continue; /* an exit did it as well */
        }
        flips[result->flip_count++] = (struct resolve_flip){position, decision->pc};
        if (ebb_index_add_exclusive_clear(assembly->index, position, error)) {
            return -1;
        }
    }
    return 0;
}

/* The problem in the recording's positions: the interval knew only its own. */
static int set_problem(struct assembly *assembly, const struct interval_result *interval,
                       uint64_t number, struct ebb_error *error)
{
    uint64_t good = interval->good - interval->begin + assembly->position;
    uint64_t end = interval->end - interval->begin + assembly->position;
    int64_t shift = (int64_t)(assembly->position - interval->begin);
    char note[120] = "";

    if (shift) {
        snprintf(note, sizeof(note), "\n(%" PRId64 " is to be added to the positions above)",
                 shift);
    }
    if (asprintf(&assembly->result->problem,
                 "the recording cannot be replayed beyond event %" PRIu64 ", at position %" PRIu64
                 " or soon after it, in the interval of keyframe %" PRIu64 "\n"
                 "%s%s\n"
                 "the last place where the registers are known to be right is position %" PRIu64,
                 interval->first_event + interval->event_count, end, number, interval->problem,
                 note, good) < 0) {
        assembly->result->problem = NULL;
        return out_of_memory(error);
    }
    return 0;
}

static int add_interval(struct assembly *assembly, uint64_t number,
                        const struct interval_result *interval, struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;

    if (ebb_index_add_keyframe(assembly->index, assembly->position, error) ||
        add_events_here(assembly, interval->first_event, error) ||
        add_decisions(assembly, interval, error) || add_events(assembly, interval, error) ||
        (interval->problem && set_problem(assembly, interval, number, error))) {
        return -1;
    }
    assembly->position += interval->end - interval->begin;
    result->intervals++;
    result->anchors += interval->counts.anchors;
    result->steps += interval->counts.steps;
    result->ambiguous += interval->counts.ambiguous;
    result->astray += interval->counts.astray;
    return 0;
}

static int commit(struct assembly *assembly, struct ebb_error *error)
{
    struct resolve_result *result = assembly->result;

    /* A recording that was cut off ends with its last event. */
    result->end_position = result->problem ? assembly->position : assembly->last_event;
    if (result->end_position < assembly->last_event) {
        result->end_position = assembly->last_event;
    }
    return ebb_index_commit(assembly->index, result->end_position, result->problem, error);
}

/* Threads. */

static uint64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How far it is; the lock is held. */
static struct resolve_status status_now(const struct resolver *resolver, uint64_t done)
{
    struct resolve_status status = {
        .done = done,
        .total = resolver->summary.end_position - resolver->summary.begin_position,
    };

    for (unsigned i = 0; i < resolver->lane_count; i++) {
        const struct lane *lane = &resolver->lanes[i];
        uint64_t position = lane->worker ? worker_client_progress(lane->worker) : 0;

        if (lane->running && position > lane->begin) {
            status.done += (position < lane->end ? position : lane->end) - lane->begin;
        }
        status.repairing += lane->running && lane->repairing;
    }
    if (status.done > status.total) {
        status.done = status.total;
    }
    return status;
}

/* Lets workers stop. Said again and again, since one may be about to begin. The lock is held. */
static void stop_lanes(struct resolver *resolver)
{
    atomic_store(&resolver->stopping, true);
    pthread_cond_broadcast(&resolver->changed);
    for (unsigned i = 0; i < resolver->lane_count; i++) {
        if (resolver->lanes[i].worker) {
            worker_client_request_stop(resolver->lanes[i].worker);
        }
    }
}

/* Waits for a change, for a moment. The lock is held. */
static void wait_a_moment(struct resolver *resolver)
{
    uint64_t until = clock_now() + PROGRESS_INTERVAL;
    struct timespec time = {.tv_sec = (time_t)(until / 1000000000u),
                            .tv_nsec = (long)(until % 1000000000u)};

    pthread_cond_timedwait(&resolver->changed, &resolver->lock, &time);
}

static bool any_running(const struct resolver *resolver)
{
    for (unsigned i = 0; i < resolver->lane_count; i++) {
        if (resolver->lanes[i].running) {
            return true;
        }
    }
    return false;
}

/* Threads leave signals to whoever started them. */
static int start_lanes(struct resolver *resolver, struct ebb_error *error)
{
    sigset_t all, before;
    int result = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < resolver->lane_count && result == 0; i++) {
        struct lane *lane = &resolver->lanes[i];

        lane->resolver = resolver;
        pthread_mutex_lock(&resolver->lock);
        lane->running = true;
        pthread_mutex_unlock(&resolver->lock);
        result = pthread_create(&lane->thread, NULL, lane_run, lane);
        if (result) {
            pthread_mutex_lock(&resolver->lock);
            lane->running = false;
            resolver->lane_count = i;
            pthread_mutex_unlock(&resolver->lock);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* One is enough to go on with. */
    return result && !resolver->lane_count
               ? ebb_fail(error, EBB_ERROR_FAILED, "cannot start a thread: %s", strerror(result))
               : 0;
}

static void join_lanes(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    while (any_running(resolver)) {
        stop_lanes(resolver);
        wait_a_moment(resolver);
    }
    pthread_mutex_unlock(&resolver->lock);
    for (unsigned i = 0; i < resolver->lane_count; i++) {
        pthread_join(resolver->lanes[i].thread, NULL);
    }
}

/* Shows the progress; false: stop. The lock is not held. */
static bool show_progress(struct resolver *resolver, uint64_t done)
{
    struct resolve_status status;

    if (!resolver->options->progress) {
        return true;
    }
    pthread_mutex_lock(&resolver->lock);
    status = status_now(resolver, done);
    pthread_mutex_unlock(&resolver->lock);
    return resolver->options->progress(resolver->options->progress_opaque, &status);
}

/* Waits for the next result in order: 1: here it is; 0: not yet; -1: it failed. */
static int next_result(struct resolver *resolver, struct interval_result *result,
                       struct ebb_error *error)
{
    size_t slot = resolver->written % RESOLVE_WINDOW;
    int status = 0;

    pthread_mutex_lock(&resolver->lock);
    if (!resolver->ready[slot] && !resolver->failed) {
        wait_a_moment(resolver);
    }
    if (resolver->ready[slot]) {
        *result = resolver->results[slot];
        resolver->results[slot] = (struct interval_result){0};
        resolver->ready[slot] = false;
        resolver->written++;
        pthread_cond_broadcast(&resolver->changed);
        status = 1;
    } else if (resolver->failed) {
        *error = resolver->error;
        status = -1;
    }
    pthread_mutex_unlock(&resolver->lock);
    return status;
}

/* Takes the results in the order of the intervals, until the last one or a problem. */
static int assemble(struct assembly *assembly, struct ebb_error *error)
{
    struct resolver *resolver = assembly->resolver;
    struct interval_result interval;
    struct ebb_keyframe keyframe;
    uint64_t number, done = 0;

    while (resolver->written < resolver->summary.keyframe_count && !assembly->result->problem) {
        int got;

        number = resolver->written;
        got = next_result(resolver, &interval, error);
        if (got > 0) {
            got = add_interval(assembly, number, &interval, error) ? -1 : 1;
            interval_result_free(&interval);
            if (resolver->written < resolver->summary.keyframe_count &&
                ebb_log_keyframe(resolver->log, resolver->written, &keyframe, NULL) == 0) {
                done = keyframe.position - resolver->summary.begin_position;
            }
        }
        if (got < 0) {
            return -1;
        }
        if (!show_progress(resolver, done)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
    }
    return commit(assembly, error);
}

/* As a whole. */

static int open_log(struct resolver *resolver, struct ebb_error *error)
{
    const char *recording = resolver->options->recording;

    resolver->log = ebb_log_open_unresolved(recording, error);
    if (!resolver->log) {
        return -1;
    }
    ebb_log_summary(resolver->log, &resolver->summary);
    if (!resolver->summary.counts) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s was not recorded under KVM; its positions are known", recording);
    }
    if (resolver->summary.first_keyframe >= resolver->summary.keyframe_count) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "the recording %s has no keyframe to start from; it ended before the "
                        "first one was written",
                        recording);
    }
    resolver->next = resolver->written = resolver->summary.first_keyframe;
    resolver->last = resolver->summary.keyframe_count - 1;
    return 0;
}

static void set_limits(struct resolver *resolver)
{
    const struct resolve_options *options = resolver->options;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);
    uint64_t intervals = resolver->summary.keyframe_count - resolver->summary.first_keyframe;
    uint64_t budget = options->memory_budget, lanes = options->workers;

    if (!lanes) {
        lanes = cpus < 1 ? 1 : cpus < LANES_BY_DEFAULT ? (unsigned)cpus : LANES_BY_DEFAULT;
    }
    lanes = lanes < RESOLVE_MAX_LANES ? lanes : RESOLVE_MAX_LANES;
    resolver->lane_count = (unsigned)(lanes < intervals ? lanes : intervals);
    if (!budget) {
        budget =
            pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / MEMORY_SHARE : 1u << 30;
    }
    resolver->store_budget = budget / resolver->lane_count;
    resolver->checkpoint_every =
        options->checkpoint_every ? options->checkpoint_every : CHECKPOINT_EVERY;
}

static struct ebb_index_writer *create_index(struct resolver *resolver, struct ebb_error *error)
{
    const char *recording = resolver->options->recording;
    struct ebb_index_writer *index = ebb_index_writer_create(resolver->log, error);

    if (!index && faccessat(AT_FDCWD, recording, W_OK, AT_EACCESS)) {
        ebb_fail(error, EBB_ERROR_FAILED,
                 "the positions found could not be kept, since %s may not be written to; "
                 "copy the recording to where it may",
                 recording);
    }
    return index;
}

static int resolve(struct resolver *resolver, struct resolve_result *result,
                   struct ebb_error *error)
{
    struct assembly assembly = {.resolver = resolver,
                                .result = result,
                                .position = resolver->summary.begin_position,
                                .last_event = resolver->summary.begin_position,
                                .next_event = resolver->summary.first_event};
    int status = -1;

    result->workers = resolver->lane_count;
    result->begin_position = assembly.position;
    assembly.index = create_index(resolver, error);
    if (!assembly.index) {
        return -1;
    }
    if (start_lanes(resolver, error) == 0) {
        status = assemble(&assembly, error);
        join_lanes(resolver);
    }
    ebb_index_writer_free(assembly.index);
    return status;
}

static void init_lock(struct resolver *resolver)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&resolver->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&resolver->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

int resolve_recording(const struct resolve_options *options, struct resolve_result *result,
                      struct ebb_error *error)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    uint64_t before = clock_now();
    int status = -1;

    *result = (struct resolve_result){0};
    if (!resolver) {
        return out_of_memory(error);
    }
    resolver->options = options;
    init_lock(resolver);
    resolver->program = worker_process_find(options->worker_path, error);
    if (resolver->program && open_log(resolver, error) == 0) {
        set_limits(resolver);
        status = resolve(resolver, result, error);
    }
    for (size_t i = 0; i < RESOLVE_WINDOW; i++) {
        interval_result_free(&resolver->results[i]);
    }
    ebb_log_close(resolver->log);
    free(resolver->program);
    pthread_cond_destroy(&resolver->changed);
    pthread_mutex_destroy(&resolver->lock);
    free(resolver);
    result->seconds = (double)(clock_now() - before) / 1e9;
    return status;
}
