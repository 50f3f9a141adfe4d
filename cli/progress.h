/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Long moves of a timeline at the terminal: a progress bar on standard error if that is a terminal,
 * and an end by Ctrl-C.
 */
#ifndef EBB_CLI_PROGRESS_H
#define EBB_CLI_PROGRESS_H

#include "replay/timeline/timeline.h"

#include <signal.h>
#include <stdint.h>

struct resolve_status;

struct progress {
    const char *label;
    struct timeline *timeline; /* set after timeline_open(); until then nothing can be stopped */
    bool on_terminal;
    bool shown;
    int percent;     /* shown last; -1: none */
    sigset_t before; /* the signal mask to go back to */
};

/*
 * From here to progress_end() SIGINT is blocked and looked for by progress_show(), so that no
 * handler and no global variable is needed. SIGTERM and SIGHUP end the move as well if the caller
 * has blocked them.
 */
void progress_begin(struct progress *progress, const char *label);
void progress_end(struct progress *progress);

/* Whether somebody wants what goes on to end. */
bool progress_is_interrupted(void);

/* Takes what is shown off the terminal. */
void progress_clear(struct progress *progress);

/* For struct timeline_options; opaque is the progress. */
void progress_show(void *opaque, uint64_t position, uint64_t from, uint64_t to);

/* For the same: tells on standard error that a worker had to be replaced. */
void progress_replacing(const char *why);

/* The same while a recording is resolved (replay/resolver.h); false ends that. */
bool progress_resolving(void *opaque, const struct resolve_status *status);

#endif
