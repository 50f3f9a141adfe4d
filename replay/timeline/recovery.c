/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recovery.h"

#include <string.h>

/*
 * Checkpoint distances (20 M instructions each by default) that have to be left for more workers to
 * be started. Starting one took as long as 11 M to 28 M instructions (tests/bench/costs;
 * placement.c tells how), and by default up to three are started, one after the other. That 200 M
 * are enough to pay for them is a guess: less would start workers for what is nearly over, more
 * would leave one alone with some tenths of a second of work.
 */
#define PARALLEL_LEAST 10u

int recovery_start(struct timeline *timeline, struct replica *replica, struct ebb_error *error)
{
    struct worker_hello *hello = &timeline->hello;

    if (replica_start(replica, timeline->program, timeline->recording, WORKER_REPLAYS,
                      timeline->store, error)) {
        return -1;
    }
    if (!hello->version) {
        *hello = *worker_client_hello(replica->worker);
    }
    /* Checkpoints are exchanged between workers. */
    if (memcmp(hello, worker_client_hello(replica->worker), sizeof(*hello)) != 0) {
        replica_stop(replica);
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the worker program %s changed while it was in use; open again",
                        timeline->program);
    }
    return 0;
}

unsigned recovery_engage(struct timeline *timeline, unsigned engaged, uint64_t length)
{
    if (length < PARALLEL_LEAST * timeline->base_every) {
        return engaged;
    }
    while (engaged < timeline->worker_count) {
        struct replica *replica = &timeline->replicas[engaged];

        /* One worker is enough to go on with. */
        if (!replica->worker && recovery_start(timeline, replica, NULL)) {
            timeline->worker_count = engaged;
            break;
        }
        engaged++;
    }
    return engaged;
}

void recovery_forget_deaths(struct timeline *timeline)
{
    timeline->deaths = 0;
    timeline->death_position = 0;
}

bool recovery_replace(struct timeline *timeline, unsigned i, unsigned *deaths,
                      struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[i];
    uint64_t position = replica->moment.position;

    if (!replica->worker || !worker_client_died(replica->worker)) {
        return false;
    }
    replica_stop(replica);
    if (++*deaths >= TIMELINE_MAX_DEATHS) {
        ebb_fail_prefix(error, "%u workers died one after the other near position %llu", *deaths,
                        (unsigned long long)position);
        return false;
    }
    timeline->workers_replaced++;
    if (timeline->replacing) {
        timeline->replacing(error->message);
    }
    return recovery_start(timeline, replica, error) == 0;
}

bool recovery_try_again(struct timeline *timeline, unsigned i, struct ebb_error *error)
{
    uint64_t position = timeline->replicas[i].moment.position;

    if (position > timeline->death_position) {
        timeline->death_position = position;
        timeline->deaths = 0;
    }
    return recovery_replace(timeline, i, &timeline->deaths, error);
}

int recovery_lose_diversion(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];

    if (replica->worker && worker_client_died(replica->worker)) {
        checkpoint_release(timeline->diversion);
        timeline->diversion = NULL;
        replica_stop(replica);
        timeline->workers_replaced++;
        ebb_fail_prefix(error, "what was changed or called here is lost");
    }
    return -1;
}
