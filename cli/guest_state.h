/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's state where a timeline is, for conditions and by the names of registers. */
#ifndef EBB_CLI_GUEST_STATE_H
#define EBB_CLI_GUEST_STATE_H

#include "condition.h"
#include "target_registers.h"

#include "replay/timeline/timeline.h"

/* Adds the registers that the recording's CPU has. */
int guest_state_registers(struct target_registers *registers, struct timeline *timeline,
                          struct ebb_error *error);

/* What conditions are read for; the registers have to stay. */
struct condition_target guest_state_target(struct target_registers *registers,
                                           const struct timeline *timeline);

/* True for AArch64, in gdb's numbering of registers; false for 32-bit ARM. */
bool guest_state_is_wide(const struct timeline *timeline);

/* The state where the timeline is, whenever it is asked. */
struct condition_state guest_state(struct timeline *timeline, bool big_endian);

#endif
