/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An interval: history from one keyframe to the next, as it is being resolved. It begins with the
 * state of its keyframe, and ends with that of the next one, with a reset of the guest, or with the
 * recording.
 */
#ifndef EBB_REPLAY_RESOLVER_INTERVAL_H
#define EBB_REPLAY_RESOLVER_INTERVAL_H

#include "anchor_list.h"
#include "effort.h"
#include "ram_digest.h"
#include "runner.h"
#include "trail.h"

/*
 * How far before and behind its expected place an anchor is looked for, if it is not right there
 * (narrow.h). When a page is written to for the first time since a keyframe, the host's kernel is
 * entered, and a store-exclusive that did so fails and is tried again: hundreds of instructions
 * more on the host than in the replay. The worker stops at the anchor's PC only, 30 to 120 times
 * for each anchor of two recordings of Linux. The toy histories of tests/unit/test_resolver.c are
 * resolved with a slack of 64 as well.
 */
#define INTERVAL_SLACK 8192u

/*
 * How far behind its expected place an anchor is looked for at all, if no place nearer matches: a
 * dozen times as far. What is farther is left to a wider search (repair.c), since a guest that went
 * another way would be followed for as long. Not measured with guests; for the toy histories of
 * tests/unit/test_resolver.c a tenth does as well.
 */
#define INTERVAL_GIVE_UP 100000u

struct interval {
    struct runner *runner;
    uint64_t number; /* of its keyframe */
    uint64_t first_event;
    uint64_t until_event;
    bool ends_with_keyframe; /* number + 1 holds the state at the end */
    bool ends_recording;     /* the last event is EBB_EVENT_END */
    struct ebb_keyframe keyframe;
    struct trail *root;
    struct trail *at; /* where the worker is, not owned; NULL: somewhere else */
    struct keyframe_ram end_ram;
    struct ram_digest digest;
    struct anchor_list anchors; /* before the failure, once they were needed */
    struct effort effort;
    /* How widely anchors are looked for. What needed a wide search needs it again when the replay
     * comes by another time, so these only grow. */
    uint32_t slack;
    uint64_t give_up;
    bool narrow; /* for now they are looked for next to their expected places only (narrow.h) */
};

/* Brings the runner to the beginning of interval number; interval_close() is due in any case. */
int interval_open(struct interval *interval, struct runner *runner, uint64_t number,
                  struct ebb_error *error);
void interval_close(struct interval *interval);

#endif
