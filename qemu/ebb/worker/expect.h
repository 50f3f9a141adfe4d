/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing what the guest does with the log. Every synchronous event is checked for its kind,
 * position, address and size, a write also for its value. After the first mismatch nothing counts
 * any more: the run stops behind the instruction, and the report says what was expected and what
 * was met.
 */
#ifndef EBB_WORKER_EXPECT_H
#define EBB_WORKER_EXPECT_H

#include "worker.h"

/*
 * The next event, if it is the synchronous one that the guest is causing; else NULL, after noting
 * the divergence. value is NULL for a read.
 */
const struct ebb_event *worker_expect(struct worker *worker, enum ebb_event_kind kind,
                                      uint64_t position, uint64_t address, uint32_t size,
                                      const uint64_t *value);

#endif
