/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause.h"

static int watch(struct lane *lane, const struct cause_memory *memory, size_t count,
                 struct ebb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (timeline_add_breakpoint(lane->timeline, TIMELINE_WATCH_WRITE, memory[i].address,
                                    memory[i].size, error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Goes back over the step: the last that wrote is met first. */
static int look(struct lane *lane, uint64_t position, enum cause_kind *kind,
                struct ebb_error *error)
{
    struct timeline_stop stop;

    if (lane_seek(lane, position, error) < 0 ||
        timeline_run_backward(lane->timeline, position - 1, &stop, error) < 0) {
        return -1;
    }
    if (stop.reason == TIMELINE_STOP_WATCHPOINT && stop.by_device) {
        *kind = stop.by_reset ? CAUSE_RESET : CAUSE_DEVICE;
    }
    return 0;
}

int cause_find(struct lane *lane, uint64_t position, const struct cause_memory *memory,
               size_t count, enum cause_kind *kind, struct ebb_error *error)
{
    int status = 0;

    *kind = CAUSE_INSTRUCTION;
    if (count) {
        timeline_clear_breakpoints(lane->timeline);
        status = watch(lane, memory, count, error) < 0 ? -1 : look(lane, position, kind, error);
        timeline_clear_breakpoints(lane->timeline);
    }
    return status;
}
