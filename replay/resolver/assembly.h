/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assembly: the intervals' findings are put one behind the other, into the index and the
 * result. */
#ifndef EBB_REPLAY_RESOLVER_ASSEMBLY_H
#define EBB_REPLAY_RESOLVER_ASSEMBLY_H

#include "resolve_findings.h"
#include "task.h"

#include "log/index_writer.h"

struct assembly {
    struct ebb_index_writer *index;
    struct resolve_result *result;
    uint64_t position;   /* where the next interval begins */
    uint64_t last_event; /* position of the last event or keyframe */
    uint64_t next_event;
};

/* Begins with the recording; assembly_end() is due if it returned 0. */
int assembly_begin(struct assembly *assembly, const struct task *task,
                   struct resolve_result *result, struct ebb_error *error);
/* Adds the next interval. One with a problem is the last. */
int assembly_add(struct assembly *assembly, uint64_t number,
                 const struct resolve_findings *findings, struct ebb_error *error);
/* Writes the index. */
int assembly_commit(struct assembly *assembly, struct ebb_error *error);
/* Without having been committed it leaves nothing behind. */
void assembly_end(struct assembly *assembly);

#endif
