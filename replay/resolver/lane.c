/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

#define MAX_DEATHS 3u /* of workers, one after the other */

static void show_worker(struct lane *lane, struct worker_client *worker)
{
    pthread_mutex_lock(&lane->resolver->lock);
    lane->worker = worker;
    pthread_mutex_unlock(&lane->resolver->lock);
}

int lane_start_worker(struct lane *lane, struct ebb_error *error)
{
    const struct resolver *resolver = lane->resolver;

    lane_stop_worker(lane);
    if (replica_start(&lane->replica, resolver->program, resolver->options->recording,
                      WORKER_RESOLVES, lane->store, error)) {
        return -1;
    }
    show_worker(lane, lane->replica.worker);
    return 0;
}

void lane_stop_worker(struct lane *lane)
{
    show_worker(lane, NULL);
    replica_stop(&lane->replica);
}

bool lane_recover(struct lane *lane, struct ebb_error *error)
{
    if (!lane->replica.worker || !worker_client_died(lane->replica.worker)) {
        return false;
    }
    lane_stop_worker(lane);
    if (++lane->deaths >= MAX_DEATHS) {
        ebb_fail_prefix(error, "%u workers died one after the other", lane->deaths);
        return false;
    }
    return lane_start_worker(lane, error) == 0;
}

void lane_show_repair(struct lane *lane, bool repairing)
{
    pthread_mutex_lock(&lane->resolver->lock);
    lane->repairing = repairing;
    pthread_mutex_unlock(&lane->resolver->lock);
}

/* The counts between which an interval lies, for showing how far it is. */
static void set_bounds(struct lane *lane, uint64_t number)
{
    struct resolver *resolver = lane->resolver;
    struct ebb_keyframe keyframe;
    uint64_t begin = 0, end = resolver->summary.end_position;

    if (ebb_log_keyframe(resolver->log, number, &keyframe, NULL) == 0) {
        begin = keyframe.position;
    }
    if (number + 1 < resolver->summary.keyframe_count &&
        ebb_log_keyframe(resolver->log, number + 1, &keyframe, NULL) == 0) {
        end = keyframe.position;
    }
    pthread_mutex_lock(&resolver->lock);
    lane->begin = begin;
    lane->end = end;
    pthread_mutex_unlock(&resolver->lock);
}

/* The next interval's number, once there is room for its result; false: there is none. */
static bool take_interval(struct resolver *resolver, uint64_t *number)
{
    bool taken = false;

    pthread_mutex_lock(&resolver->lock);
    while (!atomic_load(&resolver->stopping) && resolver->next <= resolver->last &&
           resolver->next - resolver->written >= resolver->lane_count * RESOLVE_AHEAD) {
        pthread_cond_wait(&resolver->changed, &resolver->lock);
    }
    if (!atomic_load(&resolver->stopping) && resolver->next <= resolver->last) {
        *number = resolver->next++;
        taken = true;
    }
    pthread_mutex_unlock(&resolver->lock);
    return taken;
}

/* What comes behind an interval with a problem has no positions. */
static void hand_in(struct lane *lane, uint64_t number, const struct interval_result *result)
{
    struct resolver *resolver = lane->resolver;

    pthread_mutex_lock(&resolver->lock);
    resolver->results[number % RESOLVE_WINDOW] = *result;
    resolver->ready[number % RESOLVE_WINDOW] = true;
    if (result->problem && number < resolver->last) {
        resolver->last = number;
    }
    pthread_cond_broadcast(&resolver->changed);
    pthread_mutex_unlock(&resolver->lock);
}

static void hand_in_error(struct lane *lane, const struct ebb_error *error)
{
    struct resolver *resolver = lane->resolver;

    pthread_mutex_lock(&resolver->lock);
    if (!resolver->failed && !atomic_load(&resolver->stopping)) {
        resolver->failed = true;
        resolver->error = *error;
    }
    atomic_store(&resolver->stopping, true);
    pthread_cond_broadcast(&resolver->changed);
    pthread_mutex_unlock(&resolver->lock);
}

void *lane_run(void *opaque)
{
    struct lane *lane = opaque;
    struct resolver *resolver = lane->resolver;
    struct interval_result result;
    struct ebb_error error = {0};
    uint64_t number;

    lane->store = page_store_new();
    if (!lane->store) {
        ebb_fail(&error, EBB_ERROR_FAILED, "out of memory");
        hand_in_error(lane, &error);
    }
    while (lane->store && take_interval(resolver, &number)) {
        set_bounds(lane, number);
        lane->deaths = 0;
        if (interval_resolve(lane, number, &result, &error)) {
            hand_in_error(lane, &error);
            break;
        }
        hand_in(lane, number, &result);
    }
    lane_stop_worker(lane);
    ram_image_release(lane->loaded.image);
    page_store_free(lane->store);
    pthread_mutex_lock(&resolver->lock);
    lane->running = false;
    pthread_cond_broadcast(&resolver->changed);
    pthread_mutex_unlock(&resolver->lock);
    return NULL;
}
