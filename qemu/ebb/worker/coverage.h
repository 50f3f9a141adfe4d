/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instructions of a range of addresses were executed. Each is looked at in front of its first
 * execution, as if it had a breakpoint, and is marked then; what is translated later looks no more.
 */
#ifndef EBB_WORKER_COVERAGE_H
#define EBB_WORKER_COVERAGE_H

#include "worker.h"

struct worker_coverage_marks;

struct worker_coverage_marks *worker_coverage_new(void);
/* Begins with nothing marked, or ends (the range is empty). */
int worker_coverage_set(struct worker *worker, const struct worker_coverage *coverage,
                        struct ebb_error *error);
/* Appends the marks. */
void worker_coverage_take(struct worker *worker, GByteArray *reply);

/* Whether an instruction is to be looked at when it executes. */
bool worker_coverage_looks_at(struct worker *worker, uint64_t address);
/* An instruction is about to execute, at a position: maybe one that was to be looked at. True if it
 * was marked before, and translated before that. */
bool worker_coverage_reached(struct worker *worker, uint64_t address, uint64_t position);

#endif
