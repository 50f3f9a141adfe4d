/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walls around a process that works on what came from a stranger: a worker, in which a recording's
 * guest runs, and the process that reads a guest's symbols. Inside of them it goes on with the
 * memory, the files and the connections that it has. It gets no others, has no rights beyond those
 * of a user, starts nothing, and reaches no network. Nothing takes walls down again.
 *
 * Not every system allows all of it (a container may refuse filters of system calls), so they are
 * raised as far as possible.
 */
#ifndef EBB_WALLS_WALLS_H
#define EBB_WALLS_WALLS_H

#include "plan.h"

#include <stdbool.h>

enum walls_part {
    WALLS_LIMITS = 1 << 0,       /* of memory and descriptors; no core file, no child process */
    WALLS_CAPABILITIES = 1 << 1, /* the thread has none */
    WALLS_PRIVILEGES = 1 << 2,   /* no_new_privs: a program that it executes gives it no rights */
    WALLS_CALLS = 1 << 3,        /* only the system calls of calls.c, in all threads */
    WALLS_ALL = (1 << 4) - 1,
};

struct walls {
    unsigned parts;  /* enum walls_part: those that stand */
    int calls_errno; /* why WALLS_CALLS does not */
};

/* False if the environment says EBB_SANDBOX=off. */
bool walls_wanted(void);

/* For walls_plan.memory_use; -1 if it cannot be opened. */
int walls_open_memory_use(void);

/* Raises walls around this process, those of WALLS_SETUP without limits and others behind them. To
 * be called once for either, by its only thread or with WALLS_CALLS and WALLS_LIMITS meant for the
 * others as well. */
struct walls walls_raise(const struct walls_plan *plan);

#endif
