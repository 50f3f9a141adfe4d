/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A history of the toy CPU: made up from a seed, written as a recording, and kept here state by
 * state, so that every answer of the engine can be compared with what really happened.
 */
#ifndef EBB_TOY_HISTORY_H
#define EBB_TOY_HISTORY_H

#include "toy_cpu.h"

struct toy_history_options {
    uint64_t seed;
    uint64_t length;         /* instructions */
    bool quiet;              /* nothing crosses into the CPU */
    uint64_t end;            /* position of the end event; 0: length */
    uint64_t wrong_at;       /* the first device write from here on is logged wrong; 0: none */
    bool cut_off;            /* no end event */
    unsigned first_keyframe; /* what is before it was dropped; 0: nothing */
    unsigned block_events;   /* in each block of the log; 0: as many as the writer likes */

    /* As if recorded under KVM: counts in the place of positions, and anchors. */
    bool kvm;
    unsigned vague;       /* one in so many anchors is met at several places; 0: none */
    unsigned spurious;    /* one in so many exclusive accesses is disturbed by the host; 0: none */
    bool silent;          /* nobody asks whether an exclusive access was disturbed */
    bool exits;           /* those of the guest that the hypervisor handles are recorded */
    unsigned lost_exits;  /* but one in so many is not; 0: all are */
    unsigned wrong_exits; /* one in so many exclusive accesses: an exit that was none; 0: none */
    uint64_t stops_counting; /* a position: some instructions from there on are not counted */
    unsigned forgets;        /* one in so many anchors: the same; 0: none */
    unsigned wrong_keyframe; /* number of a keyframe with a wrong byte; 0: none */
};

/* An access to RAM, by an instruction or a device. The list is in order of occurrence. */
struct toy_access {
    uint64_t position; /* of the instruction, or that on reaching which the device wrote */
    uint64_t address;
    uint64_t length;
    bool write;
    bool by_device;
    bool nested;
    bool by_reset; /* as if by a device */
};

struct toy_history {
    uint64_t length;
    struct toy_cpu *states; /* length + 1 of them, by position */
    uint64_t *ram_digests;
    struct toy_access *accesses;
    size_t access_count;
    size_t *first_access;    /* by position: number of the first access at or after it */
    uint64_t wrong_position; /* where a replay diverges; UINT64_MAX: nowhere */
    uint64_t last_reset;     /* a device writes at its position before it */
    unsigned resets, keyframes;

    uint64_t *event_positions; /* of all events */
    size_t event_count;
    uint64_t *keyframe_positions;
    uint64_t *flips; /* store-exclusives that failed for the host's reasons */
    size_t flip_count;
};

/* Writes the recording into an existing directory. Failures fail the running test. */
struct toy_history *toy_history_make(const char *directory,
                                     const struct toy_history_options *options);
void toy_history_free(struct toy_history *history);

#endif
