/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows: what a run with WORKER_RUN_ROWS notes of each hit (protocol/messages.h). */
#ifndef EBB_WORKER_ROWS_H
#define EBB_WORKER_ROWS_H

#include "worker.h"

struct worker_rows *worker_rows_new(void);
int worker_rows_collect(struct worker *worker, const struct worker_collector *collector,
                        const struct worker_call *calls, size_t call_count,
                        struct ebb_error *error);
/* Appends the rows that there are, and has none any more. */
void worker_rows_take(struct worker *worker, GByteArray *reply);

/* Notes a hit; true if there is room for no more. What it knows of an exception is that of the last
 * worker_rows_exception(). */
bool worker_rows_note(struct worker *worker, const struct worker_hit *hit);
/* Of the exception that is about to be noted; behind its entry. index: QEMU's number of it. */
void worker_rows_exception(struct worker *worker, int index);
/* The guest has executed the instruction of the last rows: their data is what it wrote. To be
 * called wherever something else may write to RAM. */
void worker_rows_complete(struct worker *worker);
/* A device is about to write to RAM. */
void worker_rows_device_writes(struct worker *worker, uint64_t offset, uint64_t length);
/* Where the next sample is due: behind from, limit at most. */
uint64_t worker_rows_next_sample(struct worker *worker, uint64_t from, uint64_t limit);

#endif
