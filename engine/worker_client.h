/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker as the engine sees it: one function per request of the protocol
 * (protocol/messages.h), and the memory both sides map.
 *
 * Functions return 0, or -1 and fill *error. When the worker has died, worker_died() is true from
 * then on, every further request fails, and the only thing left to do is worker_stop(). One thread
 * uses a worker; requests wait for their reply, except the pair worker_run_begin() and
 * worker_run_end().
 */
#ifndef EBB_ENGINE_WORKER_CLIENT_H
#define EBB_ENGINE_WORKER_CLIENT_H

#include "log/error.h"
#include "log/reader.h"
#include "protocol/messages.h"
#include "worker_process.h"

#include <sys/types.h>

struct worker;

/* Starts a worker and says hello. Its RAM is all zeroes, and nothing counts as dirty yet. */
struct worker *worker_start(const char *program, const char *recording, enum worker_purpose purpose,
                            struct ebb_error *error);
void worker_stop(struct worker *worker); /* ends the process; NULL is allowed */

bool worker_died(const struct worker *worker);
pid_t worker_pid(const struct worker *worker);
const struct worker_hello *worker_hello(const struct worker *worker);

/* The shared memory; not to be touched between worker_run_begin() and worker_run_end(). */
uint8_t *worker_ram(struct worker *worker);
int worker_ram_file(const struct worker *worker); /* the descriptor RAM is mapped from */
const uint64_t *worker_dirty_bitmap(const struct worker *worker);
void worker_mark_replaced(struct worker *worker, uint64_t page_number);
uint64_t worker_page_count(const struct worker *worker);

int worker_load_keyframe(struct worker *worker, const struct ebb_keyframe *keyframe,
                         struct ebb_error *error);
int worker_get_state(struct worker *worker, void *state, struct ebb_error *error);
int worker_set_state(struct worker *worker, const void *state, struct ebb_error *error);
int worker_collect_dirty(struct worker *worker, uint64_t *count, struct ebb_error *error);
int worker_set_breakpoints(struct worker *worker, const struct worker_breakpoint *list,
                           size_t count, struct ebb_error *error);

/*
 * Running. Between begin and end, worker_socket() becomes readable when the run has stopped,
 * worker_request_stop() makes it stop soon, worker_progress() is where it is. *report receives a
 * text for free(), or NULL.
 */
int worker_run_begin(struct worker *worker, uint64_t limit, uint32_t flags,
                     struct ebb_error *error);
int worker_run_end(struct worker *worker, struct worker_stop *stop, char **report,
                   struct ebb_error *error);
bool worker_running(const struct worker *worker);
int worker_socket(const struct worker *worker);
void worker_request_stop(struct worker *worker);
uint64_t worker_progress(const struct worker *worker);

/* Registers in gdb's numbering and layout. worker_read_register() returns the size, 0 if there is
 * no such register. */
int worker_read_registers(struct worker *worker, uint8_t *buffer, struct ebb_error *error);
int worker_read_register(struct worker *worker, unsigned number, uint8_t *buffer, size_t size,
                         struct ebb_error *error);
int worker_write_register(struct worker *worker, unsigned number, const uint8_t *value, size_t size,
                          struct ebb_error *error);

/* Memory; both return the number of bytes done, or -1. */
long worker_read_memory(struct worker *worker, const struct worker_memory *where, uint8_t *buffer,
                        struct ebb_error *error);
long worker_write_memory(struct worker *worker, const struct worker_memory *where,
                         const uint8_t *data, struct ebb_error *error);

/*
 * Finding positions (WORKER_RESOLVE); the worker must have been started to resolve. Between begin
 * and end the same holds as for a run. The resolution's arrays are freed by
 * worker_resolution_free(), also after an error.
 */
struct worker_resolution {
    struct worker_resolved head;
    uint64_t *positions;                 /* head.event_count */
    struct worker_exclusive *exclusives; /* head.exclusive_count */
    struct worker_exclusive *cleared;    /* head.clear_count */
    char *report;                        /* NULL: none */
};
int worker_resolve_begin(struct worker *worker, const struct worker_resolve *resolve,
                         const struct worker_override *overrides, struct ebb_error *error);
int worker_resolve_end(struct worker *worker, struct worker_resolution *resolution,
                       struct ebb_error *error);
void worker_resolution_free(struct worker_resolution *resolution);

/* The CPU's registers with KVM's ids, for free(); their values are part of the same block. */
struct ebb_register *worker_list_registers(struct worker *worker, size_t *count,
                                           struct ebb_error *error);

int worker_digest_registers(struct worker *worker, uint64_t *digest, struct ebb_error *error);

/* A target description document for free(); NULL and no error if there is none of that name. */
int worker_target_xml(struct worker *worker, const char *name, char **text,
                      struct ebb_error *error);

#endif
