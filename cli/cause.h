/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who makes the step from one position to the next: the instruction there, a device, or a reset of
 * the guest.
 */
#ifndef EBB_CLI_CAUSE_H
#define EBB_CLI_CAUSE_H

#include "lanes.h"

struct cause_memory {
    uint64_t address; /* guest-virtual */
    uint64_t size;
};

enum cause_kind {
    CAUSE_INSTRUCTION,
    CAUSE_DEVICE, /* wrote the memory, by itself or because of the instruction */
    CAUSE_RESET,
};

/* Of the step that ends at position, which is not the first: who wrote the memory (count pieces)?
 * The instruction, unless it is seen otherwise. Moves the lane's timeline. */
int cause_find(struct lane *lane, uint64_t position, const struct cause_memory *memory,
               size_t count, enum cause_kind *kind, struct ebb_error *error);

#endif
