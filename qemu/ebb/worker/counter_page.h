/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of the clock of a guest that ran under KVM (ebb/counter/page.h). */
#ifndef EBB_WORKER_COUNTER_PAGE_H
#define EBB_WORKER_COUNTER_PAGE_H

#include "worker.h"

/* A device has written to RAM: sets the register that goes with the page, if that was it. */
void worker_counter_page_written(struct worker *worker, uint64_t offset, uint64_t length);

#endif
