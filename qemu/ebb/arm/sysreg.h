/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device registers: system registers whose value comes from outside the CPU, or that drive
 * something outside of it: the generic timer's, the PMU's, the GIC's CPU interface, random numbers.
 * QEMU marks them ARM_CP_IO; of those, the ones that only configure the CPU (HCR, MDCR, ...) are
 * not device registers here. The recorder logs every access to them, the worker answers from the
 * log; neither register digests nor replay depend on their stored values.
 */
#ifndef EBB_ARM_SYSREG_H
#define EBB_ARM_SYSREG_H

#include "cpu.h"
#include "target/arm/cpregs.h"

bool ebb_sysreg_is_device(const ARMCPRegInfo *ri);

/*
 * The register's id in the form of KVM_GET_ONE_REG. Secure instances of AArch32 registers, which
 * KVM does not have, are told apart by bit 29.
 */
uint64_t ebb_sysreg_id(const ARMCPRegInfo *ri);

/* The same between an id and a key of the CPU's hash table of registers. */
uint64_t ebb_sysreg_id_from_key(uint32_t key);
uint32_t ebb_sysreg_key_from_id(uint64_t id);

/*
 * What intercepts an access. original may be NULL (the register is a plain field of the CPU's
 * state); ebb_sysreg_original_read/write cope with that.
 */
struct ebb_sysreg_interceptor {
    uint64_t (*read)(CPUARMState *env, const ARMCPRegInfo *ri);
    void (*write)(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value);
    /* Called before either, for registers of which the GIC says whether the access traps. */
    CPAccessResult (*check)(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read);
};

/*
 * Routes all guest accesses to the CPU's device registers through the interceptor, which must stay
 * valid. Raw accesses (keyframes, gdb) go to the register as before. Takes FEAT_WFxT,
 * FEAT_MOPS and FEAT_MTE away from the CPU, whose instructions depend on clock, host and chance
 * without being register accesses. To be called once per CPU, before it has executed anything.
 */
void ebb_sysregs_intercept(ARMCPU *cpu, const struct ebb_sysreg_interceptor *interceptor);

/* What the access does without interception. */
uint64_t ebb_sysreg_original_read(CPUARMState *env, const ARMCPRegInfo *ri);
void ebb_sysreg_original_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value);
CPAccessResult ebb_sysreg_original_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read);

/* What a read of RNDR or RNDRRS does to NZCV; value 0: there was no random number. */
void ebb_sysreg_set_random_flags(CPUARMState *env, uint64_t value);

/*
 * Gives a CPU without a GICv3 the registers of the GICv3 CPU interface, so that a worker can answer
 * them from the log; there is no GIC behind them. To be called once, before interception.
 */
void ebb_sysregs_define_gic(ARMCPU *cpu, unsigned priority_bits);

/* Bits of priority that the CPU's GICv3 interface has; 0 without one. */
unsigned ebb_sysregs_gic_priority_bits(ARMCPU *cpu);

#endif
