/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock that a guest looks at for the time. */
#ifndef EBB_CLI_GUEST_CLOCK_H
#define EBB_CLI_GUEST_CLOCK_H

#include "manifest.h"
#include "target_registers.h"

#include "replay/timeline/timeline.h"
#include "rsp/rsp.h"

struct guest_clock {
    enum rsp_clock kind;
    uint64_t address;   /* RSP_CLOCK_MAPPED: guest-physical, of the frame with the counts */
    uint64_t frequency; /* ticks in a second; 0: what the CPU says */
};

struct guest_clock guest_clock_of(const struct manifest *manifest);

/* What the CPU says of its clock where the timeline is; *frequency is 0 if it has none there. */
int guest_clock_cpu_frequency(struct timeline *timeline, const struct target_registers *registers,
                              uint64_t *frequency, struct ebb_error *error);

#endif
