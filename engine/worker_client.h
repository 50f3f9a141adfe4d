/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker as the engine sees it: one function per request of the protocol
 * (protocol/messages.h), and the memory both sides map. A reply that is not of the form that the
 * protocol gives it, or tells of something that the request does not allow, ends the worker; what
 * depends on the recording is for the caller to check (worker_client_distrust()).
 *
 * Functions return 0, or -1 and fill *error. When the worker has died, worker_client_died() is true
 * from then on, every further request fails, and the only thing left to do is worker_client_stop().
 * One thread uses a worker; requests wait for their reply, except the pair
 * worker_client_run_begin() and worker_client_run_end().
 */
#ifndef EBB_ENGINE_WORKER_CLIENT_H
#define EBB_ENGINE_WORKER_CLIENT_H

#include "log/error.h"
#include "log/reader.h"
#include "protocol/messages.h"
#include "worker_channel.h"
#include "worker_process.h"

#include <sys/types.h>

struct worker_client;

/* Starts a worker and says hello. Its RAM is all zeroes, and nothing counts as dirty yet. */
struct worker_client *worker_client_start(const char *program, const char *recording,
                                          enum worker_purpose purpose, struct ebb_error *error);
void worker_client_stop(struct worker_client *worker); /* ends the process; NULL is allowed */

/* After a reply that cannot be true: the worker counts as dead from then on. Returns -1. */
int worker_client_distrust(struct worker_client *worker, struct ebb_error *error);
bool worker_client_died(const struct worker_client *worker);
pid_t worker_client_pid(const struct worker_client *worker);
uint64_t worker_client_requests(const struct worker_client *worker); /* sent so far */
const struct worker_hello *worker_client_hello(const struct worker_client *worker);

/* The shared memory; not to be touched between worker_client_run_begin() and
 * worker_client_run_end(). */
uint8_t *worker_client_ram(struct worker_client *worker);
int worker_client_ram_file(
    const struct worker_client *worker); /* the descriptor RAM is mapped from */
const uint64_t *worker_client_dirty_bitmap(const struct worker_client *worker);
void worker_client_mark_replaced(struct worker_client *worker, uint64_t page_number);
uint64_t worker_client_page_count(const struct worker_client *worker);

int worker_client_load_keyframe(struct worker_client *worker, const struct ebb_keyframe *keyframe,
                                const struct ebb_keyframe_registers *registers,
                                struct ebb_error *error);
int worker_client_get_state(struct worker_client *worker, void *state, struct ebb_error *error);
int worker_client_set_state(struct worker_client *worker, const void *state,
                            struct ebb_error *error);
int worker_client_collect_dirty(struct worker_client *worker, uint64_t *count,
                                struct ebb_error *error);
int worker_client_set_breakpoints(struct worker_client *worker,
                                  const struct worker_breakpoint *list, size_t count,
                                  const uint8_t *conditions, size_t conditions_size,
                                  struct ebb_error *error);

/*
 * Running. Between begin and end, worker_client_socket() becomes readable when the run has stopped,
 * worker_client_request_stop() makes it stop soon, worker_client_progress() is where it is. *report
 * receives a text for free(), or NULL.
 */
int worker_client_run_begin(struct worker_client *worker, const struct worker_run *run,
                            struct ebb_error *error);
int worker_client_run_end(struct worker_client *worker, struct worker_stop *stop, char **report,
                          struct ebb_error *error);
/*
 * What rows of later runs consist of, and which calls are followed from their start; and the rows
 * noted since they were taken last. *rows is for
 * free(), NULL if there are none: struct worker_row one after the other, whole, in the order of
 * their moments, none of which comes before the last run's beginning or behind its limit.
 */
int worker_client_set_collector(struct worker_client *worker,
                                const struct worker_collector *collector,
                                const struct worker_call *calls, size_t call_count,
                                struct ebb_error *error);
/* Later runs with WORKER_RUN_ROWS mark what executes; an empty range ends that. */
int worker_client_set_coverage(struct worker_client *worker, const struct worker_coverage *coverage,
                               struct ebb_error *error);
/* The marks, to be or-ed to those of worker_coverage_size() bytes that the caller has. */
int worker_client_take_coverage(struct worker_client *worker, uint8_t *marks,
                                struct ebb_error *error);
/* What the guest's CPU has touched since the last call: *hashes is to be freed, also after an
 * error; they are in rising order. */
int worker_client_take_pages(struct worker_client *worker, struct worker_page_set *set,
                             uint32_t **hashes, struct ebb_error *error);
int worker_client_take_rows(struct worker_client *worker, uint8_t **rows, size_t *size,
                            struct ebb_error *error);
/* The two halves of any request that takes long: begin clears an old request to stop, and end gives
 * the channel to receive the reply from. */
int worker_client_begin(struct worker_client *worker, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error);
struct worker_channel *worker_client_end(struct worker_client *worker);
bool worker_client_running(const struct worker_client *worker);
int worker_client_socket(const struct worker_client *worker);
/* To be called at that interval (nanoseconds; 0: never) while it runs: ends a worker that gives no
 * sign of life (worker_patience.h), which makes the socket readable as well. */
void worker_client_look(struct worker_client *worker);
uint64_t worker_client_look_interval(const struct worker_client *worker);
void worker_client_request_stop(struct worker_client *worker);
uint64_t worker_client_progress(const struct worker_client *worker);

/* Registers in gdb's numbering and layout. worker_client_read_register() returns the size, 0 if
 * there is no such register. */
int worker_client_read_registers(struct worker_client *worker, uint8_t *buffer,
                                 struct ebb_error *error);
int worker_client_read_register(struct worker_client *worker, unsigned number, uint8_t *buffer,
                                size_t size, struct ebb_error *error);
int worker_client_write_register(struct worker_client *worker, unsigned number,
                                 const uint8_t *value, size_t size, struct ebb_error *error);

/* Memory; both return the number of bytes done, or -1. */
long worker_client_read_memory(struct worker_client *worker, const struct worker_memory *where,
                               uint8_t *buffer, struct ebb_error *error);
long worker_client_write_memory(struct worker_client *worker, const struct worker_memory *where,
                                const uint8_t *data, struct ebb_error *error);

/* What the worker is about to execute, and as whom. */
int worker_client_read_context(struct worker_client *worker, struct worker_context *context,
                               struct ebb_error *error);

/* 1 if a breakpoint with these flags and conditions counts where the CPU is, 0, or -1. */
int worker_client_evaluate(struct worker_client *worker, uint64_t flags, const uint8_t *conditions,
                           size_t size, struct ebb_error *error);

/* Where the worker's process has the byte at a guest-physical address; 0 if it is no RAM. */
int worker_client_host_address(struct worker_client *worker, uint64_t address, uint64_t *host,
                               struct ebb_error *error);

int worker_client_digest_registers(struct worker_client *worker, uint64_t *digest,
                                   struct ebb_error *error);

/* A target description document for free(); NULL and no error if there is none of that name. */
int worker_client_target_xml(struct worker_client *worker, const char *name, char **text,
                             struct ebb_error *error);

#endif
