/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's command line for a recording under KVM. The guest is the one that the user's arguments
 * describe, as far as a replay can have it: the machine virt with a GICv2 emulated by QEMU and a
 * memory-mapped timer, one CPU that is the host's, less what cannot be replayed. What the user's
 * arguments say to the contrary is replaced and noted, or refused where the guest would miss it.
 */
#ifndef EBB_CLI_KVM_ARGUMENTS_H
#define EBB_CLI_KVM_ARGUMENTS_H

#include "qemu_arguments.h"

/* What the host's KVM can do, as far as the command line depends on it. */
struct kvm_abilities {
    bool aarch32; /* its CPU can run 32-bit guests (KVM_CAP_ARM_EL1_32BIT) */
    bool pmu;     /* guests would have a PMU (KVM_CAP_ARM_PMU_V3) */
};

/* Appends the arguments to the list. Returns -1 with what cannot be recorded under KVM. */
int kvm_arguments(char *const *words, int count, const struct qemu_arguments *found,
                  const struct kvm_abilities *host, struct argument_list *list,
                  struct ebb_error *error);

#endif
