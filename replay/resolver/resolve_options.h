/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How to resolve a recording; part of resolver.h. */
#ifndef EBB_REPLAY_RESOLVER_RESOLVE_OPTIONS_H
#define EBB_REPLAY_RESOLVER_RESOLVE_OPTIONS_H

#include <stdbool.h>
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

#endif
