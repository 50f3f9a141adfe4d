/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the memory holds that a replica's watchpoints for writes are about. A reset of the guest
 * changes memory by no access that a worker could see. */
#ifndef EBB_REPLAY_TIMELINE_WATCHED_MEMORY_H
#define EBB_REPLAY_TIMELINE_WATCHED_MEMORY_H

#include "engine/replica.h"

struct watched_part {
    const struct worker_breakpoint *watch; /* one of replica->loaded */
    size_t offset, length;                 /* its bytes: as many as could be read */
};

struct watched_memory {
    struct watched_part *parts;
    size_t count;
    uint8_t *bytes;
};

/* Reads it, by the addresses as the CPU takes them now. Valid until the replica's breakpoints
 * change. */
int watched_memory_read(struct watched_memory *memory, struct replica *replica,
                        struct ebb_error *error);
void watched_memory_free(struct watched_memory *memory);

/* The first watchpoint that reads otherwise in the other, and there the first byte; NULL if none
 * does. A byte that can be read in one of them only is different. */
const struct worker_breakpoint *watched_memory_compare(const struct watched_memory *one,
                                                       const struct watched_memory *other,
                                                       uint64_t *address);

#endif
