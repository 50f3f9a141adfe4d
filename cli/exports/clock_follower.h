/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guest's clock said when the guest read it last, all along a recording. */
#ifndef EBB_CLI_EXPORTS_CLOCK_FOLLOWER_H
#define EBB_CLI_EXPORTS_CLOCK_FOLLOWER_H

#include "cli/guest_clock.h"
#include "cli/questions/question.h"
#include "rsp/clock_reading.h"

struct clock_follower {
    const struct ebb_log *log;
    struct rsp_clock_reading reading;
    uint64_t frequency; /* ticks in a second; 0: the recording does not have the guest's time */
    bool damaged;       /* nothing is known behind what was read */
};

struct clock_time {
    uint64_t position;    /* at which the guest read it */
    uint64_t nanoseconds; /* since the clock began */
};

/* Of a question that was just opened. clock_follower_close() also after an error. */
int clock_follower_open(struct clock_follower *follower, struct question *question,
                        struct ebb_error *error);
void clock_follower_close(struct clock_follower *follower);

/* The last reading before a position: 1, or 0 if there is none, or -1. It takes long where the
 * position is less than that of the reading that was found before. */
int clock_follower_at(struct clock_follower *follower, uint64_t position, struct clock_time *time,
                      struct ebb_error *error);

#endif
