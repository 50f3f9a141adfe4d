/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of walls: setrlimit(2). Internal to walls/. */
#ifndef EBB_WALLS_LIMITS_H
#define EBB_WALLS_LIMITS_H

#include "plan.h"

#include <stdbool.h>

/* For plan->memory_use. */
int limits_open_memory_use(void);

/* True if all of them are set. */
bool limits_set(const struct walls_plan *plan);

#endif
