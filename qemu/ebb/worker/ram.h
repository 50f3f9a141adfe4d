/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's RAM: a memory file shared with the engine, and which of its pages changed. */
#ifndef EBB_WORKER_RAM_H
#define EBB_WORKER_RAM_H

#include "worker.h"

void worker_ram_create(struct worker *worker);
void worker_ram_write(struct worker *worker, uint64_t offset, const void *data, size_t length);
/* What wrote RAM was not guest code: a device, or the debugger. */
void worker_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length);
/* Fills the dirty bitmap anew; the number of pages in it. */
uint64_t worker_ram_collect_dirty(struct worker *worker);
/* Drops what was translated from pages that the engine has replaced. */
void worker_ram_accept_replaced(struct worker *worker);

#endif
