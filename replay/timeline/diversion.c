/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diversion.h"
#include "interrupt.h"
#include "placement.h"
#include "reach.h"
#include "recovery.h"
#include "answer.h"
#include "wait.h"

#include <stdlib.h>

/* More instructions than a diversion will ever run. */
#define DIVERSION_LIMIT ((uint64_t)1 << 62)

bool timeline_in_diversion(const struct timeline *timeline)
{
    return timeline->diversion != NULL;
}

int diversion_begin(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    struct checkpoint *origin;

    if (timeline->diversion) {
        return 0;
    }
    recovery_forget_deaths(timeline);
    if (timeline_read_pc(timeline, &timeline->diversion_pc, error)) {
        return -1;
    }
    do {
        origin = reach_present(timeline, error)
                     ? NULL
                     : replica_capture(replica, timeline->moment.position, error);
    } while (!origin && recovery_try_again(timeline, 0, error));
    if (!origin) {
        return -1;
    }
    timeline->diversion = origin;
    replica->moment.phase = MOMENT_NOWHERE;
    return 0;
}

int timeline_diversion_moved(struct timeline *timeline, bool *moved, struct ebb_error *error)
{
    uint64_t pc;

    *moved = false;
    if (!timeline->diversion) {
        return 0;
    }
    if (timeline_read_pc(timeline, &pc, error)) {
        return -1;
    }
    *moved = pc != timeline->diversion_pc;
    return 0;
}

static int run_diversion(struct timeline *timeline, const struct worker_run *run,
                         struct worker_stop *stop, struct ebb_error *error)
{
    struct worker_client *worker = timeline->replicas[0].worker;
    char *report;

    if (replica_set_breakpoints(&timeline->replicas[0], &timeline->breakpoints, error) ||
        worker_client_run_begin(worker, run, error)) {
        return -1;
    }
    wait_for_stop(timeline);
    if (worker_client_run_end(worker, stop, &report, error)) {
        return -1;
    }
    free(report);
    return 0;
}

static int resume(struct timeline *timeline, const struct worker_run *run,
                  struct timeline_stop *stop, struct ebb_error *error)
{
    struct worker_stop worker_stop;

    *stop = (struct timeline_stop){0};
    if (!timeline->diversion) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no diversion to resume");
    }
    timeline->interrupted = timeline->uninterruptible = false;
    timeline->progress_from = timeline->progress_to = timeline->moment.position;
    if (interrupt_take(timeline)) {
        return answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    }
    if (run_diversion(timeline, run, &worker_stop, error)) {
        return recovery_lose_diversion(timeline, error);
    }
    switch (worker_stop.reason) {
    case WORKER_STOP_LIMIT:
    case WORKER_STOP_LEFT:
        return answer_here(timeline, TIMELINE_STOP_STEP, stop);
    case WORKER_STOP_HIT:
        return answer_hit(timeline, &worker_stop.hit, stop);
    case WORKER_STOP_INTERRUPTED:
        return answer_here(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    case WORKER_STOP_HALTED:
        return answer_here(timeline, TIMELINE_STOP_HALTED, stop);
    default:
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the diversion stopped for a reason it cannot have (%u)",
                        worker_stop.reason);
    }
}

/* A step is off a breakpoint, a run may be to the one where the debugger has put the PC. */
int timeline_resume_diversion(struct timeline *timeline, bool step, struct timeline_stop *stop,
                              struct ebb_error *error)
{
    const struct worker_run run = {.reported = step ? moment_settled(0) : moment_arrived(0),
                                   .limit = {.position = step ? 1 : DIVERSION_LIMIT},
                                   .flags = WORKER_RUN_DIVERSION};

    return resume(timeline, &run, stop, error);
}

int timeline_step_range_diversion(struct timeline *timeline, const struct timeline_range *range,
                                  struct timeline_stop *stop, struct ebb_error *error)
{
    const struct worker_run run = {.reported = moment_settled(0),
                                   .limit = {.position = DIVERSION_LIMIT},
                                   .flags = WORKER_RUN_DIVERSION | WORKER_RUN_RANGE,
                                   .range_start = range->start,
                                   .range_end = range->end};

    return resume(timeline, &run, stop, error);
}

int timeline_drop_diversion(struct timeline *timeline, struct ebb_error *error)
{
    struct checkpoint *origin = timeline->diversion;
    struct replica *replica = &timeline->replicas[0];
    int result;

    if (!origin) {
        return 0;
    }
    timeline->diversion = NULL;
    result = replica_restore(replica, origin, error);
    checkpoint_release(origin);
    placement_make_room(timeline); /* for what had been packed and was looked at */
    if (result && recovery_try_again(timeline, 0, error)) {
        /* The diversion needed no saving: the history's state is reached in the ordinary way. */
        return reach_present(timeline, error);
    }
    return result;
}
