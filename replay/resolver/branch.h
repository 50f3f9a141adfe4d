/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A branch: a way through the interval, and what did not fit at its end. */
#ifndef EBB_REPLAY_RESOLVER_BRANCH_H
#define EBB_REPLAY_RESOLVER_BRANCH_H

#include "failure.h"
#include "trail.h"

struct branch {
    struct trail *tip; /* the last checkpoint before the failure, owned */
    struct failure failure;
};

void branch_clear(struct branch *branch);
/* Puts another branch in its place, which is then empty. */
void branch_replace(struct branch *branch, struct branch *other);
/* For qsort(): the one that gets farthest first. */
int branch_farthest_first(const void *a, const void *b);

#endif
