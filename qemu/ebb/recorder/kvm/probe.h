/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest under KVM reads from registers that the host does not intercept: the caches'
 * description, the size of DC ZVA's block, FPSID. KVM_GET_ONE_REG gives what the host's kernel
 * makes of them, which is not the same. And what the CPU does of which the guest is told that it
 * does not: with FEAT_NMI exceptions set PSTATE.ALLINT (Arm ARM, AArch64.TakeException) whatever
 * the identification registers say. So a throw-away virtual machine with a handful of instructions
 * looks and tells.
 */
#ifndef EBB_RECORDER_KVM_PROBE_H
#define EBB_RECORDER_KVM_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDER_KVM_PROBE_CACHES                                                                  \
    14u /* values of CSSELR_EL1: seven levels, data or unified and instruction */

struct recorder_kvm_probe {
    uint64_t ctr;                               /* CTR_EL0 */
    uint64_t clidr;                             /* CLIDR_EL1 */
    uint64_t dczid;                             /* DCZID_EL0; AArch64 guests only, else 0 */
    uint32_t nmi;                               /* the CPU has FEAT_NMI: 1; AArch64 guests only */
    uint32_t fpsid;                             /* AArch32 guests only, else 0 */
    uint32_t ccsidr[RECORDER_KVM_PROBE_CACHES]; /* CCSIDR_EL1, by CSSELR_EL1 */
};

/*
 * Fills in *result. kvm: a descriptor of /dev/kvm; aarch32: the guest will start in AArch32 state.
 * On failure false, and *problem (static text) says at what; errno why.
 */
bool recorder_kvm_probe_run(int kvm, bool aarch32, struct recorder_kvm_probe *result,
                            const char **problem);

/* The same, with a call of seen(opaque) whenever the guest has come out. */
bool recorder_kvm_probe_watch(int kvm, bool aarch32, void (*seen)(void *opaque), void *opaque,
                              struct recorder_kvm_probe *result, const char **problem);

#endif
