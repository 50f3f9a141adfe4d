/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner.h"

/* Workers that may die one after the other without having done anything. One may be killed for the
 * memory that another process takes; if the third dies at the same place the place is the reason.
 */
#define MAX_DEATHS 3u

static void show_worker(struct runner *runner, struct worker_client *worker)
{
    pthread_mutex_lock(runner->lock);
    runner->shown = worker;
    pthread_mutex_unlock(runner->lock);
}

static void stop_worker(struct runner *runner)
{
    show_worker(runner, NULL);
    replica_stop(&runner->replica);
}

int runner_open(struct runner *runner, const struct task *task, const atomic_bool *stopping,
                pthread_mutex_t *lock, struct ebb_error *error)
{
    *runner = (struct runner){
        .task = task, .stopping = stopping, .store = page_store_new(), .lock = lock};
    return runner->store ? 0 : ebb_fail_memory(error);
}

void runner_close(struct runner *runner)
{
    stop_worker(runner);
    ram_image_release(runner->loaded.image);
    page_store_free(runner->store);
}

int runner_start(struct runner *runner, struct ebb_error *error)
{
    const struct task *task = runner->task;

    if (runner->replica.worker) {
        return 0;
    }
    stop_worker(runner);
    if (replica_start(&runner->replica, task->program, task->options->recording, WORKER_RESOLVES,
                      runner->store, error)) {
        return -1;
    }
    show_worker(runner, runner->replica.worker);
    return 0;
}

bool runner_recover(struct runner *runner, struct ebb_error *error)
{
    if (!runner->replica.worker || !worker_client_died(runner->replica.worker)) {
        return false;
    }
    stop_worker(runner);
    if (++runner->deaths >= MAX_DEATHS) {
        ebb_fail_prefix(error, "%u workers died one after the other", runner->deaths);
        return false;
    }
    return runner_start(runner, error) == 0;
}

uint64_t runner_progress(const struct runner *runner)
{
    return runner->shown ? worker_client_progress(runner->shown) : 0;
}

void runner_request_stop(struct runner *runner)
{
    if (runner->shown) {
        worker_client_request_stop(runner->shown);
    }
}
