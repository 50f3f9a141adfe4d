/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

#include <stdlib.h>

/* More instructions than a branch will ever run. */
#define DIVERSION_LIMIT ((uint64_t)1 << 62)

bool timeline_in_diversion(const struct timeline *timeline)
{
    return timeline->diversion != NULL;
}

/* The branch is gone with its worker; the history is as it was. */
static int lose_diversion(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];

    if (replica->worker && worker_died(replica->worker)) {
        checkpoint_release(timeline->diversion);
        timeline->diversion = NULL;
        replica_stop(replica);
        timeline->workers_replaced++;
        ebb_fail_prefix(error, "what was changed or called here is lost");
    }
    return -1;
}

/* Remembers where the branch begins, if there is none yet. */
static int begin_diversion(struct timeline *timeline, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    struct checkpoint *origin;

    if (timeline->diversion) {
        return 0;
    }
    timeline_forget_deaths(timeline);
    if (timeline_read_pc(timeline, &timeline->diversion_pc, error)) {
        return -1;
    }
    do {
        origin = timeline_return(timeline, error)
                     ? NULL
                     : replica_capture(replica, timeline->position, error);
    } while (!origin && timeline_recover(timeline, 0, error));
    if (!origin) {
        return -1;
    }
    timeline->diversion = origin;
    replica->settled = false;
    return 0;
}

int timeline_write_register(struct timeline *timeline, unsigned number, const uint8_t *value,
                            size_t size, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];

    if (begin_diversion(timeline, error)) {
        return -1;
    }
    if (worker_write_register(replica->worker, number, value, size, error)) {
        return lose_diversion(timeline, error);
    }
    return 0;
}

int timeline_write_memory(struct timeline *timeline, uint64_t address, const uint8_t *data,
                          size_t length, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    struct worker_memory where = {.address = address, .length = (uint32_t)length};
    long written;

    if (length > WORKER_MAX_MESSAGE / 2) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%zu bytes are too many for one write", length);
    }
    if (begin_diversion(timeline, error)) {
        return -1;
    }
    written = worker_write_memory(replica->worker, &where, data, error);
    if (written < 0) {
        return lose_diversion(timeline, error);
    }
    if ((size_t)written < length) {
        return ebb_fail(error, EBB_ERROR_USAGE, "the memory at 0x%llx cannot be written",
                        (unsigned long long)address + (unsigned long long)written);
    }
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

static int run_diversion(struct timeline *timeline, uint64_t limit, struct worker_stop *stop,
                         struct ebb_error *error)
{
    struct worker *worker = timeline->replicas[0].worker;
    char *report;

    if (replica_set_breakpoints(&timeline->replicas[0], &timeline->breakpoints, error) ||
        worker_run_begin(worker, limit, WORKER_RUN_DIVERSION, error)) {
        return -1;
    }
    timeline_wait(timeline);
    if (worker_run_end(worker, stop, &report, error)) {
        return -1;
    }
    free(report);
    return 0;
}

int timeline_resume_diversion(struct timeline *timeline, bool step, struct timeline_stop *stop,
                              struct ebb_error *error)
{
    struct worker_stop worker_stop;

    *stop = (struct timeline_stop){0};
    if (!timeline->diversion) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no diversion to resume");
    }
    timeline->interrupted = timeline->uninterruptible = false;
    timeline->progress_from = timeline->progress_to = timeline->position;
    if (timeline_take_interrupt(timeline)) {
        return timeline_stop_at(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    }
    if (run_diversion(timeline, step ? 1 : DIVERSION_LIMIT, &worker_stop, error)) {
        return lose_diversion(timeline, error);
    }
    switch (worker_stop.reason) {
    case WORKER_STOP_LIMIT:
        return timeline_stop_at(timeline, TIMELINE_STOP_STEP, stop);
    case WORKER_STOP_HIT:
        timeline_describe_hit(&worker_stop.hit, stop);
        return timeline_stop_at(timeline,
                                worker_stop.hit.kind == WORKER_BREAK_EXECUTE
                                    ? TIMELINE_STOP_BREAKPOINT
                                    : TIMELINE_STOP_WATCHPOINT,
                                stop);
    case WORKER_STOP_INTERRUPTED:
        return timeline_stop_at(timeline, TIMELINE_STOP_INTERRUPTED, stop);
    case WORKER_STOP_HALTED:
        return timeline_stop_at(timeline, TIMELINE_STOP_HALTED, stop);
    default:
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "the diversion stopped for a reason it cannot have (%u)",
                        worker_stop.reason);
    }
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
    if (result && timeline_recover(timeline, 0, error)) {
        /* The branch needed no saving: the history's state is reached in the ordinary way. */
        return timeline_return(timeline, error);
    }
    return result;
}
