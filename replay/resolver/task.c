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
    uint64_t intervals = task->range.count;
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

int task_open_recording(struct task *task, const struct resolve_options *options,
                        struct ebb_error *error)
{
    *task = (struct task){.options = options};
    return open_log(task, error);
}

/* The count of a keyframe, or behind the last one that of the recording's end. */
static uint64_t count_at(const struct task *task, uint64_t number)
{
    struct ebb_keyframe keyframe;

    return number < task->summary.keyframe_count &&
                   ebb_log_keyframe(task->log, number, &keyframe, NULL) == 0
               ? keyframe.position
               : task->summary.end_position;
}

static int set_range(struct task *task, const struct resolve_range *range, struct ebb_error *error)
{
    uint64_t first = task->summary.first_keyframe, until = task->summary.keyframe_count;

    task->range = range ? *range : (struct resolve_range){first, until - first};
    if (task->range.first < first || task->range.first >= until || !task->range.count ||
        task->range.count > until - task->range.first) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s has no such intervals",
                        task->options->recording);
    }
    task->counts =
        count_at(task, task->range.first + task->range.count) - count_at(task, task->range.first);
    return 0;
}

int task_open(struct task *task, const struct resolve_options *options,
              const struct resolve_range *range, struct ebb_error *error)
{
    if (task_open_recording(task, options, error) || set_range(task, range, error)) {
        return -1;
    }
    task->program = worker_process_find(options->worker_path, error);
    if (!task->program) {
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
