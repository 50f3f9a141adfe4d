/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the recorder puts into the guest's code under KVM in the place of accesses to the CPU's
 * counter: breakpoints, and reads of a register that goes with the guest's clock
 * (docs/nondeterminism.md). It is in the log as if a device had written it.
 */
#ifndef EBB_CLI_REPLACEMENT_H
#define EBB_CLI_REPLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether bytes, as in memory, are such an instruction and no more. */
bool replacement_is(const uint8_t *bytes, size_t length);

#endif
