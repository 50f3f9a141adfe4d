/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trail.h"

#include <string.h>

/* What was ahead is given up for the place. */
static void note(struct shell_trail *trail, uint64_t position)
{
    if (trail->count && trail->places[trail->present] == position) {
        return;
    }
    trail->count = trail->count ? trail->present + 1 : 0;
    if (trail->count == SHELL_TRAIL_MAX) {
        trail->count--;
        memmove(trail->places, trail->places + 1, trail->count * sizeof(trail->places[0]));
    }
    trail->present = trail->count;
    trail->places[trail->count++] = position;
}

void trail_jumped(struct shell_trail *trail, uint64_t from, uint64_t to)
{
    if (from != to) {
        note(trail, from);
        note(trail, to);
    }
}

bool trail_back(struct shell_trail *trail, uint64_t here, uint64_t *place)
{
    if (trail->count) {
        note(trail, here);
    }
    if (!trail->count || trail->present == 0) {
        return false;
    }
    *place = trail->places[--trail->present];
    return true;
}

bool trail_forward(struct shell_trail *trail, uint64_t *place)
{
    if (!trail->count || trail->present + 1 == trail->count) {
        return false;
    }
    *place = trail->places[++trail->present];
    return true;
}
