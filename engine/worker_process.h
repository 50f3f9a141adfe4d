/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting workers: which program, with which arguments, and what it leaves behind when
 * it dies.
 */
#ifndef EBB_ENGINE_WORKER_PROCESS_H
#define EBB_ENGINE_WORKER_PROCESS_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum worker_purpose {
    WORKER_REPLAYS,  /* a recording whose positions are known */
    WORKER_RESOLVES, /* finds them; takes positions of the log for the counts that they are */
};

struct worker_process {
    pid_t pid;
    int socket;    /* the engine's end; close-on-exec */
    int error_log; /* what the worker writes to its standard error; an unnamed file */
};

/*
 * Finds our QEMU, which records and, as a worker, replays: path if not NULL, else $EBB_QEMU, else
 * the one installed or built beside this program. Returns a string for free(), or NULL.
 */
char *worker_process_find(const char *path, struct ebb_error *error);

/* Starts a worker for a recording's directory. A program that cannot be run is noticed later, as a
 * worker that died. */
int worker_process_spawn(struct worker_process *process, const char *program, const char *recording,
                         enum worker_purpose purpose, struct ebb_error *error);

/* Ends it at once. */
void worker_process_kill(const struct worker_process *process);

/* For a process that does not answer any more: ends it. True if its walls have done that, since it
 * asked the system for something that no worker has a need of (walls/walls.h). */
bool worker_process_hit_walls(const struct worker_process *process);

/* Closes the socket, ends the process (kindly if it is idle, which it should be told) and waits
 * for it. */
void worker_process_reap(struct worker_process *process);

/* The exit status of a worker that has closed its socket; -1 if it was killed, or does not end. */
int worker_process_exit_status(const struct worker_process *process);

/* What the worker wrote to its standard error, on one line, the middle left out if it is long. */
void worker_process_last_words(const struct worker_process *process, char *buffer, size_t size);

#endif
