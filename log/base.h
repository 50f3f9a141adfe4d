/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bases: places where a recording may later begin. They form a list, the oldest first. Internal to
 * log/.
 */
#ifndef EBB_LOG_BASE_H
#define EBB_LOG_BASE_H

#include "start.h"

struct ebb_base {
    struct ebb_base *next;
    struct ebb_start start; /* the thread fills in the offsets, all else is the caller's */
};

void ebb_base_append(struct ebb_base **bases, struct ebb_base *base);

/* Takes those before one of a list out of it; they are a list of their own then. */
struct ebb_base *ebb_base_take_before(struct ebb_base **bases, struct ebb_base *base);

void ebb_base_free_list(struct ebb_base *bases);

#endif
