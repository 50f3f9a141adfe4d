/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "effort.h"

#include "log/clock.h"

/*
 * What is tried if the options say nothing. Both are to end a search that finds nothing; the time
 * does so in guests of any size, the number of replays where they are short. One or two
 * store-exclusives that failed between two anchors are found in less: the hardest of the toy
 * histories in tests/unit/test_resolver.c takes 805 replays. Not measured with Linux guests.
 */
#define REPAIR_TRIES 65536u
#define REPAIR_SECONDS 120u

bool effort_exhausted(struct effort *effort)
{
    const struct resolve_options *options = effort->options;
    unsigned tries = options->repair_tries ? options->repair_tries : REPAIR_TRIES;
    unsigned seconds = options->repair_seconds ? options->repair_seconds : REPAIR_SECONDS;

    if (!effort->deadline) {
        effort->deadline = ebb_clock_now() + (uint64_t)seconds * 1000000000u;
    }
    return effort->replays >= tries || ebb_clock_now() > effort->deadline;
}
