/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system calls are allowed inside of walls: seccomp(2). Internal to walls/. */
#ifndef EBB_WALLS_CALLS_H
#define EBB_WALLS_CALLS_H

#include "plan.h"

/* Filters the calls of all threads from now on; 0, or the errno of why that is not so. */
int calls_filter(const struct walls_plan *plan);

#endif
