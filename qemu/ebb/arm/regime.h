/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that say what an address means. QEMU empties its TLB when an ASID or VMID changes, but
 * keeps it, as the architecture allows, where only the tables' address or their attributes do.
 */
#ifndef EBB_ARM_REGIME_H
#define EBB_ARM_REGIME_H

#include "cpu.h"

/*
 * From now on the TLB is emptied whenever such a register changes. To be called once, before the
 * CPU has executed anything, and after all else that replaces the registers' accessors.
 */
void ebb_regime_intercept(ARMCPU *cpu);

#endif
