/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of the system registers that events have (log/event.h): timers, PMU, GIC, random
 * numbers. They are spelled as in the Arm ARM, chapters D19 and G8, and in the GIC's architecture
 * specification, chapter 12.
 */
#ifndef EBB_CLI_REGISTER_NAME_H
#define EBB_CLI_REGISTER_NAME_H

#include <stdint.h>

#define REGISTER_NAME_SIZE 40

/*
 * The name of a register with an id of the form of KVM_GET_ONE_REG (KVM API, section 4.68), where
 * bit 29 says that an AArch32 register is the secure instance. One without a name is spelled by its
 * encoding, S3_3_C14_C0_1 (Arm ARM, C5.1.2) or p15,0,c14,c3,1. Fills buffer and returns it.
 */
const char *register_name_of(uint64_t id, char buffer[REGISTER_NAME_SIZE]);

#endif
