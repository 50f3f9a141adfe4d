/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving: the first replay of a recording made under KVM, which finds the positions that its
 * log has only counts and anchors for, and writes them into the index (log/index.h).
 *
 * The stretches between keyframes, called intervals, are replayed by several workers at once. Each
 * has to end in the state that the next keyframe recorded, to the bit: this is the proof that
 * every event was put where it belongs. Where an interval cannot be replayed as it is, other places
 * are tried for its events, and store-exclusives that failed on the host (docs/nondeterminism.md).
 */
#ifndef EBB_REPLAY_RESOLVER_RESOLVER_H
#define EBB_REPLAY_RESOLVER_RESOLVER_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resolve_status {
    uint64_t done, total; /* counts, as the host's PMU made them */
    unsigned repairing;   /* intervals in which something did not fit and is being searched for */
};

/* Called now and then by the thread that resolves; false: stop. */
typedef bool (*resolve_progress)(void *opaque, const struct resolve_status *status);

struct resolve_options {
    const char *recording;     /* directory */
    const char *worker_path;   /* the QEMU with -M ebb; NULL: found by itself */
    unsigned workers;          /* 0: one per CPU, at most 4 */
    uint64_t memory_budget;    /* bytes for checkpoints; 0: an eighth of this machine's memory */
    uint64_t checkpoint_every; /* instructions; 0: default */
    unsigned repair_tries;     /* replays in search of what is wrong in one interval; 0: default */
    unsigned repair_seconds;   /* the same in time */
    resolve_progress progress; /* NULL: none */
    void *progress_opaque;
};

/* A store-exclusive that failed on the host and not in the replay, until it was made to. */
struct resolve_flip {
    uint64_t position;
    uint64_t pc;
};

struct resolve_result {
    uint64_t intervals, events; /* resolved */
    uint64_t anchors, steps;    /* matched; stops at an anchor's PC in search of them */
    uint64_t ambiguous;         /* anchors that several places matched */
    uint64_t astray;            /* exits that were not met where their counts say they are */
    uint64_t replaced;          /* of these, put elsewhere than at the likeliest place */
    uint64_t begin_position, end_position;
    double seconds;
    unsigned workers;
    struct resolve_flip *flips; /* by position */
    size_t flip_count;
    char *problem; /* why it ends before the recording does, a text of some lines; NULL: it does not
                    */
};

/*
 * Resolves a recording and writes its index, replacing an older one. A recording that cannot be
 * resolved to its end is no error: result->problem says what is wrong, and the part before is as
 * good as any. After an error, or an end by the progress function (EBB_ERROR_INTERRUPTED), nothing
 * is written. The result is freed by resolve_result_free(), also after an error.
 */
int resolve_recording(const struct resolve_options *options, struct resolve_result *result,
                      struct ebb_error *error);
void resolve_result_free(struct resolve_result *result);

#endif
