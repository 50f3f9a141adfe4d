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
    struct resolve_status status = {.total = resolver->task.counts};

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

/* What is done with the findings of each interval, in their order, which it may keep parts of. */
struct sink {
    int (*take)(void *opaque, uint64_t number, struct resolve_findings *findings,
                struct ebb_error *error);
    void *opaque;
};

/* Takes the findings in the order of the intervals, until the last one or a problem. */
static int take_findings(struct resolver *resolver, const struct sink *sink,
                         struct ebb_error *error)
{
    uint64_t number = resolver->task.range.first;
    uint64_t until = number + resolver->task.range.count;
    struct resolve_findings findings;
    bool problem = false;

    while (number < until && !problem) {
        int got = queue_take_out(&resolver->queue, &findings, error);

        if (got > 0) {
            problem = findings.problem != NULL;
            got = sink->take(sink->opaque, number, &findings, error) ? -1 : 1;
            resolve_findings_free(&findings);
            number++;
        }
        if (got < 0) {
            return -1;
        }
        if (!show_progress(resolver)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
    }
    return 0;
}

static int resolve_range(struct resolver *resolver, const struct sink *sink,
                         struct ebb_error *error)
{
    const struct resolve_range *range = &resolver->task.range;
    int status = -1;

    if (queue_init(&resolver->queue, range->first, range->first + range->count - 1,
                   resolver->task.lanes, error) == 0) {
        if (start_lanes(resolver, error) == 0) {
            status = take_findings(resolver, sink, error);
        }
        join_lanes(resolver);
    }
    queue_free(&resolver->queue);
    return status;
}

static int add_to_assembly(void *opaque, uint64_t number, struct resolve_findings *findings,
                           struct ebb_error *error)
{
    return assembly_add(opaque, number, findings, error);
}

static int resolve(struct resolver *resolver, struct resolve_result *result,
                   struct ebb_error *error)
{
    struct assembly assembly;
    const struct sink sink = {add_to_assembly, &assembly};
    int status;

    result->workers = resolver->task.lanes;
    if (assembly_begin(&assembly, &resolver->task, result, error)) {
        return -1;
    }
    status = resolve_range(resolver, &sink, error);
    if (status == 0) {
        status = assembly_commit(&assembly, error);
    }
    assembly_end(&assembly);
    return status;
}

int resolve_recording(const struct resolve_options *options, struct resolve_result *result,
                      struct ebb_error *error)
{
    struct resolver resolver = {0};
    uint64_t before = ebb_clock_now();
    int status = task_open(&resolver.task, options, NULL, error);

    *result = (struct resolve_result){0};
    if (status == 0) {
        status = resolve(&resolver, result, error);
    }
    task_close(&resolver.task);
    result->seconds = (double)(ebb_clock_now() - before) / 1e9;
    return status;
}

static int add_to_part(void *opaque, uint64_t number, struct resolve_findings *findings,
                       struct ebb_error *error)
{
    struct resolve_part *part = opaque;

    (void)number;
    (void)error;
    part->findings[part->finding_count++] = *findings;
    *findings = (struct resolve_findings){0};
    return 0;
}

int resolve_intervals(const struct resolve_options *options, const struct resolve_range *range,
                      struct resolve_part *part, struct ebb_error *error)
{
    struct resolver resolver = {0};
    const struct sink sink = {add_to_part, part};
    uint64_t before = ebb_clock_now();
    int status = task_open(&resolver.task, options, range, error);

    *part = (struct resolve_part){.range = *range, .workers = resolver.task.lanes};
    if (status == 0) {
        part->findings = calloc(range->count, sizeof(*part->findings));
        status = part->findings ? resolve_range(&resolver, &sink, error) : ebb_fail_memory(error);
    }
    task_close(&resolver.task);
    part->seconds = (double)(ebb_clock_now() - before) / 1e9;
    return status;
}
