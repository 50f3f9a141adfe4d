/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which accesses are looked at for watchpoints on virtual addresses: all on their pages, or those
 * close to what is watched.
 *
 * At first the pages are slow: QEMU looks at each access there on its slow path, and code that
 * accesses other pages costs no more than ever. Where a page is accessed often, it turns out, code
 * is translated anew that compares each address with what is watched (neg.ranges), and takes the
 * slow path for those accesses only. What is found does not depend on it: either way it is the slow
 * path that looks.
 *
 * Watchpoints on physical memory have no address to compare with, and keep their pages slow.
 */
#ifndef EBB_WORKER_WATCH_RANGES_H
#define EBB_WORKER_WATCH_RANGES_H

#include "worker.h"

struct worker_watch_ranges *worker_watch_ranges_new(void);
/* The set of breakpoints is another one. Whoever calls this empties the TLB if anything was or is
 * watched. */
void worker_watch_ranges_follow(struct worker *worker);
/* An access on a slow page has touched nothing that is watched. */
void worker_watch_ranges_missed(struct worker *worker);
/* The guest has executed some instructions, and is at rest. */
void worker_watch_ranges_decide(struct worker *worker, uint64_t executed);

#endif
