/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU of a guest that was recorded under KVM, for replay under TCG: its identification
 * registers read as they did while recording, and its instruction set is what they announce.
 *
 * QEMU does not emulate everything that a host's CPU may have. What the guest was told it has and
 * TCG lacks is said in a warning, by name; the guest may never have used it.
 */
#ifndef EBB_ARM_KVM_GUEST_CPU_H
#define EBB_ARM_KVM_GUEST_CPU_H

#include "cpu.h"
#include "log/error.h"
#include "log/event.h"

struct kvm_guest_cpu {
    bool aarch64;               /* else the guest starts in AArch32 state and stays there */
    uint64_t counter_frequency; /* Hz */
    const struct ebb_register *registers; /* of a keyframe */
    size_t register_count;
};

/* Makes and realizes the CPU; the state in the registers is not loaded. NULL on error. */
ARMCPU *kvm_guest_cpu_new(const struct kvm_guest_cpu *description, struct ebb_error *error);

/*
 * Makes the identification registers those of the description, once system registers have got
 * whatever interception they need.
 */
void kvm_guest_cpu_identify(ARMCPU *cpu, const struct kvm_guest_cpu *description);

/* The register with that id, as a number; false if the list has none of 4 or 8 bytes. */
bool kvm_register_number(const struct ebb_register *registers, size_t count, uint64_t id,
                         uint64_t *value);

#endif
