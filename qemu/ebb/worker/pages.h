/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages the guest's CPU has touched (log/page_sets.h). */
#ifndef EBB_WORKER_PAGES_H
#define EBB_WORKER_PAGES_H

#include "worker.h"

struct worker_pages *worker_pages_new(void);

/* The page that a virtual address is on was touched. */
void worker_pages_translated(vaddr address);
void worker_pages_device_wrote(struct worker *worker);
/* The machine was given another state: what was touched on the way there is not known. */
void worker_pages_lose(struct worker *worker);

/* Appends struct worker_page_set and the hashes of what was touched since the last call, and
 * empties the TLB, so that what is touched from now on is entered again. */
void worker_pages_take(struct worker *worker, GByteArray *reply);

#endif
