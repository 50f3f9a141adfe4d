/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer's thread: compresses and writes what is in the queue. Internal to log/. */
#ifndef EBB_LOG_WRITER_THREAD_H
#define EBB_LOG_WRITER_THREAD_H

#include "writer_state.h"

int ebb_writer_thread_start(struct ebb_log_writer *writer, struct ebb_error *error);

/* Waits until the queue is empty and the thread has ended. */
void ebb_writer_thread_end(struct ebb_log_writer *writer);

#endif
