/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock that durations are measured with; nobody sets it. */
#ifndef EBB_LOG_CLOCK_H
#define EBB_LOG_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some time in the past. */
uint64_t ebb_clock_now(void);

#endif
