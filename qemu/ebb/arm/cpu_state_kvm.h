/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a CPU that ran under KVM: loading the register list of a keyframe, all of
 * KVM_GET_REG_LIST, into a TCG CPU made by kvm_guest_cpu.h, and the other way.
 */
#ifndef EBB_ARM_CPU_STATE_KVM_H
#define EBB_ARM_CPU_STATE_KVM_H

#include "cpu_state.h"

/*
 * Sets the whole state. Registers that the guest cannot read back (the counters, firmware
 * pseudo-registers, the caches' description) are skipped, identification registers must be those of
 * the CPU. A register that QEMU lacks is named in a warning, once, if the guest may have used it.
 */
int ebb_cpu_kvm_registers_set(ARMCPU *cpu, const struct ebb_register *registers, size_t count,
                              struct ebb_error *error);

/* The registers of log/kvm_registers.h; free them with ebb_cpu_registers_free(). */
struct ebb_cpu_registers *ebb_cpu_kvm_registers_get(ARMCPU *cpu);

/* ebb_digest_kvm_registers() of them. */
uint64_t ebb_cpu_kvm_digest(ARMCPU *cpu);

/* ebb_digest_anchor() and ebb_digest_thin_anchor() of the present state, its PC, and its PSTATE or
 * CPSR, masked. */
struct ebb_cpu_anchor {
    uint64_t pc;
    uint64_t pstate;
};
struct ebb_cpu_anchor ebb_cpu_anchor(ARMCPU *cpu);
uint64_t ebb_cpu_anchor_digest(ARMCPU *cpu);
uint32_t ebb_cpu_thin_anchor_digest(ARMCPU *cpu);

#endif
