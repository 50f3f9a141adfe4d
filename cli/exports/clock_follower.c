/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock_follower.h"

#include "cli/guest_state.h"
#include "cli/progress.h"

static bool is_stopped(void *opaque)
{
    (void)opaque;
    return progress_is_interrupted();
}

static int ask_cpu(struct clock_follower *follower, struct question *question,
                   struct ebb_error *error)
{
    struct target_registers registers = {0};
    int status = guest_state_registers(&registers, question->timeline, error);

    if (status == 0) {
        status =
            guest_clock_cpu_frequency(question->timeline, &registers, &follower->frequency, error);
    }
    target_registers_free(&registers);
    return status;
}

int clock_follower_open(struct clock_follower *follower, struct question *question,
                        struct ebb_error *error)
{
    struct guest_clock clock = guest_clock_of(question->recording.manifest);

    *follower = (struct clock_follower){
        .log = question->recording.log,
        .reading = {.clock = clock.kind, .address = clock.address, .stopped = is_stopped},
    };
    if (clock.kind == RSP_CLOCK_IN_MEMORY) {
        return 0; /* reads of memory are no events */
    }
    follower->frequency = clock.frequency;
    return clock.frequency ? 0 : ask_cpu(follower, question, error);
}

void clock_follower_close(struct clock_follower *follower)
{
    rsp_clock_end(&follower->reading);
}

/* Where the log is damaged, what was read before is still there. */
static int follow(struct clock_follower *follower, uint64_t position, struct ebb_error *error)
{
    if (follower->damaged ||
        rsp_clock_follow(&follower->reading, follower->log, position, error) == 0) {
        return 0;
    }
    follower->damaged = error->kind == EBB_ERROR_CORRUPT;
    return follower->damaged ? 0 : -1;
}

static int look_back(const struct clock_follower *follower, uint64_t position,
                     struct rsp_clock_reading *reading, struct ebb_error *error)
{
    *reading = (struct rsp_clock_reading){
        .clock = follower->reading.clock,
        .address = follower->reading.address,
        .stopped = is_stopped,
    };
    return rsp_clock_last(reading, follower->log, position, error);
}

int clock_follower_at(struct clock_follower *follower, uint64_t position, struct clock_time *time,
                      struct ebb_error *error)
{
    struct rsp_clock_reading reading;

    if (!follower->frequency) {
        return 0;
    }
    if (follow(follower, position, error)) {
        return -1;
    }
    reading = follower->reading;
    if (reading.found && reading.position >= position &&
        look_back(follower, position, &reading, error)) {
        return -1;
    }
    if (reading.interrupted) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    /* A frequency has 32 bits. */
    *time = (struct clock_time){
        .position = reading.position,
        .nanoseconds = reading.value / follower->frequency * 1000000000u +
                       reading.value % follower->frequency * 1000000000u / follower->frequency,
    };
    return reading.found;
}
