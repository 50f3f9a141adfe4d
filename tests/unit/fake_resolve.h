/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WORKER_RESOLVE, by brute force. */
#ifndef EBB_FAKE_RESOLVE_H
#define EBB_FAKE_RESOLVE_H

#include "fake_worker.h"

void fake_resolve(struct fake_worker *worker, const uint8_t *payload);

#endif
