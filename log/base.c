/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base.h"

#include <stdlib.h>

void ebb_base_append(struct ebb_base **bases, struct ebb_base *base)
{
    while (*bases) {
        bases = &(*bases)->next;
    }
    *bases = base;
}

struct ebb_base *ebb_base_take_before(struct ebb_base **bases, struct ebb_base *base)
{
    struct ebb_base *old = *bases, *last = old;

    if (old == base) {
        return NULL;
    }
    while (last->next != base) {
        last = last->next;
    }
    last->next = NULL;
    *bases = base;
    return old;
}

void ebb_base_free_list(struct ebb_base *bases)
{
    while (bases) {
        struct ebb_base *next = bases->next;

        free(bases);
        bases = next;
    }
}
