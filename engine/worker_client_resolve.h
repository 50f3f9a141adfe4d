/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding positions (WORKER_RESOLVE) with a worker that was started to resolve. Between begin and
 * end the same holds as for a run (worker_client.h). The resolution's arrays are freed by
 * worker_client_resolution_free(), also after an error.
 */
#ifndef EBB_ENGINE_WORKER_CLIENT_RESOLVE_H
#define EBB_ENGINE_WORKER_CLIENT_RESOLVE_H

#include "log/event.h"
#include "worker_client.h"

struct worker_client_resolution {
    struct worker_resolved head;
    uint64_t *positions;                 /* head.event_count */
    struct worker_exclusive *exclusives; /* head.exclusive_count */
    struct worker_exclusive *cleared;    /* head.clear_count */
    char *report;                        /* NULL: none */
};
int worker_client_resolve_begin(struct worker_client *worker, const struct worker_resolve *resolve,
                                const struct worker_override *overrides, struct ebb_error *error);
int worker_client_resolve_end(struct worker_client *worker,
                              struct worker_client_resolution *resolution, struct ebb_error *error);
void worker_client_resolution_free(struct worker_client_resolution *resolution);

/* The CPU's registers with KVM's ids, for free(); their values are part of the same block. */
struct ebb_register *worker_client_list_registers(struct worker_client *worker, size_t *count,
                                                  struct ebb_error *error);

#endif
