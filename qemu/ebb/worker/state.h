/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of CPU and log as an opaque blob, for the engine's checkpoints; keyframes. */
#ifndef EBB_WORKER_STATE_H
#define EBB_WORKER_STATE_H

#include "worker.h"

/* Bytes of a blob. */
size_t worker_state_size(struct worker *worker);
void worker_state_get(struct worker *worker, void *blob);
int worker_state_set(struct worker *worker, const void *blob, size_t size, struct ebb_error *error);
/* The payload of a WORKER_LOAD_KEYFRAME message. */
int worker_state_load_keyframe(struct worker *worker, const uint8_t *message, size_t length,
                               struct ebb_error *error);

#endif
