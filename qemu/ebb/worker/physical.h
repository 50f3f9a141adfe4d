/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory, as a debugger looks at it and watches it. An address means what the CPU has
 * there in its present security state or, if that is no RAM, in the other one.
 */
#ifndef EBB_WORKER_PHYSICAL_H
#define EBB_WORKER_PHYSICAL_H

#include "worker.h"

struct worker_span {
    uint64_t address, length; /* bytes */
};

/* The byte in this process; NULL if it is no RAM. */
void *worker_physical_pointer(struct worker *worker, uint64_t address);
/* Reads or writes bytes of one page of RAM; false if it is not all RAM. */
bool worker_physical_access(struct worker *worker, uint64_t address, uint8_t *data, size_t length,
                            bool write);

/*
 * What physical watchpoints watch is the RAM that is mapped at their addresses, in either security
 * state. True if it is touched; then *data is where.
 */
bool worker_physical_holds(struct worker *worker, const struct worker_breakpoint *watch,
                           uint64_t ram_offset, uint64_t length, struct worker_span *data);
/* The same for an access of the CPU under way, on one page. */
bool worker_physical_touched(struct worker *worker, const struct worker_breakpoint *watch,
                             uint64_t virtual_address, uint64_t length, struct worker_span *data);
/* Where in this process the byte is that the CPU accesses; NULL if it is no RAM. */
const uint8_t *worker_physical_accessed(struct worker *worker, uint64_t virtual_address);

#endif
