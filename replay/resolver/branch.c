/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "branch.h"

void branch_clear(struct branch *branch)
{
    trail_release(branch->tip);
    failure_clear(&branch->failure);
    *branch = (struct branch){0};
}

void branch_replace(struct branch *branch, struct branch *other)
{
    branch_clear(branch);
    *branch = *other;
    *other = (struct branch){0};
}

int branch_farthest_first(const void *a, const void *b)
{
    const struct branch *one = a, *other = b;

    return failure_is_nearer(&one->failure, &other->failure)
               ? -1
               : failure_is_nearer(&other->failure, &one->failure);
}
