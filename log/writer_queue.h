/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue between the caller of a writer and its thread, with the block at its end that is still
 * open for events. Internal to log/.
 */
#ifndef EBB_LOG_WRITER_QUEUE_H
#define EBB_LOG_WRITER_QUEUE_H

#include "writer_state.h"

/*
 * For the caller. Each returns -1 if the writer has failed; those that make the queue longer wait
 * while it is too long.
 */

/* Appends an event to the open block. */
int ebb_writer_queue_append(struct ebb_log_writer *writer, const struct ebb_event *event,
                            struct ebb_error *error);

/* Hands a job to the thread, which owns it from then on, also after an error. */
int ebb_writer_queue_add(struct ebb_log_writer *writer, struct ebb_job *job,
                         struct ebb_error *error);

/* Hands over the open block, if any. */
int ebb_writer_queue_close_block(struct ebb_log_writer *writer, struct ebb_error *error);

/* The same, and waits until the thread is through with all that it has been handed. */
int ebb_writer_queue_flush(struct ebb_log_writer *writer, struct ebb_error *error);

/* Only waits; the open block stays open. */
int ebb_writer_queue_wait(struct ebb_log_writer *writer, struct ebb_error *error);

/* Makes every later call fail with this error. */
void ebb_writer_queue_fail(struct ebb_log_writer *writer, const struct ebb_error *error);

/*
 * For the thread: waits for the next job; NULL when the writer stops. *failed: it is only to be
 * finished.
 */
struct ebb_job *ebb_writer_queue_take(struct ebb_log_writer *writer, bool *failed);

/* Frees the job; error: why it could not be done, or NULL. */
void ebb_writer_queue_finish(struct ebb_log_writer *writer, struct ebb_job *job,
                             const struct ebb_error *error);

#endif
