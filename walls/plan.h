/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What walls are for. */
#ifndef EBB_WALLS_PLAN_H
#define EBB_WALLS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum walls_kind {
    WALLS_SETUP,    /* a worker that gets ready: it may start threads, make memory files and raise
                     * the walls below; files are only refused, since QEMU looks for some */
    WALLS_WORKER,   /* asking for what it has no need of ends the process: SIGSYS */
    WALLS_RESOLVER, /* the same, but it may fork, into processes behind the same walls */
    WALLS_READER,   /* as a worker, but opening and looking for files only fails: libbfd tries */
};

struct walls_plan {
    enum walls_kind kind;
    int socket;           /* what a worker may send to */
    int memory_use;       /* /proc/self/statm, opened before WALLS_SETUP and closed when it is read;
                           * 0: to be opened */
    bool forks_later;     /* WALLS_SETUP: of WALLS_RESOLVER */
    uint64_t more_memory; /* bytes of address space that the process may take besides what it has */
};

#endif
