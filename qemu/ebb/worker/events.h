/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log, as the worker consumes it: the next event, and how far it is to the next interruption.
 */
#ifndef EBB_WORKER_EVENTS_H
#define EBB_WORKER_EVENTS_H

#include "worker.h"

/* Opens the recording's log; to resolve it, as if it had no index. Exits with WORKER_EXIT_MOVED if
 * that is why it cannot. */
int worker_events_open(struct worker *worker, const struct worker_options *options,
                       struct ebb_error *error);
int worker_events_seek(struct worker *worker, uint64_t event_number, struct ebb_error *error);
/* The event the guest is about to cause or meet; NULL at the end of the log. */
const struct ebb_event *worker_events_peek(struct worker *worker);
/* Goes behind it; position is where it happened, which the log may not know. */
void worker_events_advance(struct worker *worker, uint64_t position);
/* The position of the next asynchronous event, but at most limit; one there may be missed. */
uint64_t worker_events_next_async(struct worker *worker, uint64_t limit);

#endif
