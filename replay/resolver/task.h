/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The task: the recording to resolve, and what may be spent on it. It is the same for all lanes,
 * and does not change. */
#ifndef EBB_REPLAY_RESOLVER_TASK_H
#define EBB_REPLAY_RESOLVER_TASK_H

#include "log/error.h"
#include "log/reader.h"
#include "resolve_options.h"
#include "resolve_part.h"

struct task {
    const struct resolve_options *options;
    char *program;       /* of the workers */
    struct ebb_log *log; /* unresolved */
    struct ebb_log_summary summary;
    struct resolve_range range; /* of intervals */
    uint64_t counts;            /* that these have, as the host's PMU made them */
    unsigned lanes;             /* as many are to work on it */
    uint64_t store_budget;      /* bytes, of each lane */
    uint64_t checkpoint_every;
};

/* Opens the recording, to resolve all of its intervals, or a range that it has (NULL: all);
 * task_close() is due in any case. */
int task_open(struct task *task, const struct resolve_options *options,
              const struct resolve_range *range, struct ebb_error *error);
/* The same for who starts no worker. */
int task_open_recording(struct task *task, const struct resolve_options *options,
                        struct ebb_error *error);
void task_close(struct task *task);

#endif
