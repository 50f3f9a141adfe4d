/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task.h"

#include "engine/worker_process.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * Instructions between two checkpoints of an interval: what does not fit is tried again from the
 * last one before it, so each replay of a repair goes over so many in vain at most. A timeline
 * begins with as many. Not measured.
 */
#define CHECKPOINT_EVERY 20000000u

/* Each lane is a process with the guest's RAM, and with checkpoints of its own. Not measured: the
 * first is a caution for machines with many CPUs, the second for senseless options. */
#define LANES_BY_DEFAULT 4u
#define MAX_LANES 16u

/* The checkpoints of all lanes may take one part in this of the machine's memory. The rest is for
 * the workers' RAM and whatever else runs; a timeline takes a fourth. Not measured. */
#define MEMORY_SHARE 8u
#define BUDGET_IF_UNKNOWN (1u << 30u) /* bytes; where the machine's memory is not known */

static int open_log(struct task *task, struct ebb_error *error)
{
    const char *recording = task->options->recording;

    task->log = ebb_log_open_unresolved(recording, error);
    if (!task->log) {
        return -1;
    }
    ebb_log_summary(task->log, &task->summary);
    if (!task->summary.counts) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s was not recorded under KVM; its positions are known", recording);
    }
    return ebb_log_require_keyframe(task->log, error);
}

static void set_limits(struct task *task)
{
    const struct resolve_options *options = task->options;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);
    uint64_t intervals = task->summary.keyframe_count - task->summary.first_keyframe;
    uint64_t budget = options->memory_budget, lanes = options->workers;

    if (!lanes) {
        lanes = cpus < 1 ? 1 : cpus < LANES_BY_DEFAULT ? (unsigned)cpus : LANES_BY_DEFAULT;
    }
    lanes = lanes < MAX_LANES ? lanes : MAX_LANES;
    task->lanes = (unsigned)(lanes < intervals ? lanes : intervals);
    if (!budget) {
        budget = pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / MEMORY_SHARE
                           : BUDGET_IF_UNKNOWN;
    }
    task->store_budget = budget / task->lanes;
    task->checkpoint_every =
        options->checkpoint_every ? options->checkpoint_every : CHECKPOINT_EVERY;
}

int task_open(struct task *task, const struct resolve_options *options, struct ebb_error *error)
{
    *task = (struct task){.options = options};
    task->program = worker_process_find(options->worker_path, error);
    if (!task->program || open_log(task, error)) {
        return -1;
    }
    set_limits(task);
    return 0;
}

void task_close(struct task *task)
{
    ebb_log_close(task->log);
    free(task->program);
}
