/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walls.h"

#include "calls.h"
#include "limits.h"
#include "privileges.h"

#include <stdlib.h>
#include <string.h>

bool walls_wanted(void)
{
    const char *text = getenv("EBB_SANDBOX");

    return !text || strcmp(text, "off") != 0;
}

int walls_open_memory_use(void)
{
    return limits_open_memory_use();
}

struct walls walls_raise(const struct walls_plan *plan)
{
    struct walls walls = {.parts = 0};

    if (plan->kind != WALLS_SETUP && limits_set(plan)) {
        walls.parts |= WALLS_LIMITS;
    }
    if (privileges_drop_capabilities()) {
        walls.parts |= WALLS_CAPABILITIES;
    }
    /* The filter needs it, and is the last: no more of these calls are allowed behind it. */
    if (privileges_get_no_new()) {
        walls.parts |= WALLS_PRIVILEGES;
    }
    walls.calls_errno = calls_filter(plan);
    if (!walls.calls_errno) {
        walls.parts |= WALLS_CALLS;
    }
    return walls;
}
