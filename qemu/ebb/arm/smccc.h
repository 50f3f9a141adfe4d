/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM answers to a guest's hypercalls (HVC, by Arm's SMC Calling Convention) when every
 * optional service is turned off: PSCI and the discovery of workarounds. All of it is fixed by a
 * few numbers, so a recording need not hold it. Linux 6.1 to 6.12 answer alike. Of QEMU nothing is
 * needed but the basic types.
 */
#ifndef EBB_ARM_SMCCC_H
#define EBB_ARM_SMCCC_H

#include <stdbool.h>
#include <stdint.h>

/* What the answers depend on. There is one CPU. */
struct smccc_host {
    uint32_t psci_version;      /* KVM_REG_ARM_PSCI_VERSION: 0x10001 is 1.1 */
    uint64_t mpidr;             /* MPIDR_EL1 */
    bool aarch32;               /* the guest's EL1 is in AArch32 state */
    uint32_t workaround[1 + 3]; /* KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_n; 0 is not used */
};

/* What a call does, besides the results. */
enum smccc_effect {
    SMCCC_RETURNS,
    SMCCC_WAITS, /* as WFI would, then returns */
    SMCCC_STOPS, /* the CPU is off from here on */
    SMCCC_OFF,   /* the machine is turned off */
    SMCCC_RESETS,
};

/*
 * Answers a call: arguments are x0 to x3 (r0 to r3), x0 the function; results are what they hold
 * afterwards, also where the machine ends.
 */
enum smccc_effect smccc_answer(const struct smccc_host *host, const uint64_t arguments[4],
                               uint64_t results[4]);

/* True for a function of the architecture's own range, which KVM never lets its user answer. */
bool smccc_is_architecture_call(uint32_t function);

#endif
