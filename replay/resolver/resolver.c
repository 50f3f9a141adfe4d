/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver.h"

#include "assembly.h"
#include "lane.h"

#include "log/clock.h"

#include <stdlib.h>

struct resolver {
    struct task task;
    struct queue queue;
    struct lane *lanes;
    unsigned lane_count; /* that were started */
};

/* One lane is enough to go on with. */
static int start_lanes(struct resolver *resolver, struct ebb_error *error)
{
    const struct task *task = &resolver->task;

    resolver->lanes = calloc(task->lanes, sizeof(*resolver->lanes));
    if (!resolver->lanes) {
        return ebb_fail_memory(error);
    }
    while (resolver->lane_count < task->lanes &&
           lane_start(&resolver->lanes[resolver->lane_count], task, &resolver->queue, error) == 0) {
        resolver->lane_count++;
    }
    return resolver->lane_count ? 0 : -1;
}

static void join_lanes(struct resolver *resolver)
{
    do {
        queue_stop(&resolver->queue);
        for (unsigned i = 0; i < resolver->lane_count; i++) {
            lane_request_stop(&resolver->lanes[i]);
        }
    } while (!queue_is_left(&resolver->queue));
    for (unsigned i = 0; i < resolver->lane_count; i++) {
        lane_join(&resolver->lanes[i]);
    }
    free(resolver->lanes);
}

/* false: stop. */
static bool show_progress(struct resolver *resolver)
{
    const struct resolve_options *options = resolver->task.options;
    const struct ebb_log_summary *summary = &resolver->task.summary;
    struct resolve_status status = {.total = summary->end_position - summary->begin_position};

    if (!options->progress) {
        return true;
    }
    for (unsigned i = 0; i < resolver->lane_count; i++) {
        status.done += lane_progress(&resolver->lanes[i]);
        status.repairing += atomic_load(&resolver->lanes[i].repairing);
    }
    if (status.done > status.total) {
        status.done = status.total;
    }
    return options->progress(options->progress_opaque, &status);
}

/* Takes the findings in the order of the intervals, until the last one or a problem. */
static int assemble(struct resolver *resolver, struct assembly *assembly, struct ebb_error *error)
{
    const struct task *task = &resolver->task;
    uint64_t number = task->summary.first_keyframe;
    struct findings findings;

    while (number < task->summary.keyframe_count && !assembly->result->problem) {
        int got = queue_take_out(&resolver->queue, &findings, error);

        if (got > 0) {
            got = assembly_add(assembly, number, &findings, error) ? -1 : 1;
            findings_free(&findings);
            number++;
        }
        if (got < 0) {
            return -1;
        }
        if (!show_progress(resolver)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
    }
    return assembly_commit(assembly, error);
}

static int resolve(struct resolver *resolver, struct resolve_result *result,
                   struct ebb_error *error)
{
    const struct ebb_log_summary *summary = &resolver->task.summary;
    struct assembly assembly;
    int status = -1;

    result->workers = resolver->task.lanes;
    if (assembly_begin(&assembly, &resolver->task, result, error)) {
        return -1;
    }
    if (queue_init(&resolver->queue, summary->first_keyframe, summary->keyframe_count - 1,
                   resolver->task.lanes, error) == 0) {
        if (start_lanes(resolver, error) == 0) {
            status = assemble(resolver, &assembly, error);
        }
        join_lanes(resolver);
    }
    queue_free(&resolver->queue);
    assembly_end(&assembly);
    return status;
}

int resolve_recording(const struct resolve_options *options, struct resolve_result *result,
                      struct ebb_error *error)
{
    struct resolver resolver = {0};
    uint64_t before = ebb_clock_now();
    int status = task_open(&resolver.task, options, error);

    *result = (struct resolve_result){0};
    if (status == 0) {
        status = resolve(&resolver, result, error);
    }
    task_close(&resolver.task);
    result->seconds = (double)(ebb_clock_now() - before) / 1e9;
    return status;
}
