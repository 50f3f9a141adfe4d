/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vCPU's registers, as KVM lists them (KVM API, sections 4.68, 4.69 and 4.84). */
#ifndef EBB_RECORDER_KVM_REGISTERS_H
#define EBB_RECORDER_KVM_REGISTERS_H

#include <linux/kvm.h>
#include "ebb/recorder/state.h"

struct ebb_cpu_registers;

/* The id of a member of struct kvm_regs, of 8 bytes. */
#define RECORDER_KVM_CORE(member)                                                                  \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(member))
#define RECORDER_KVM_X(n) (RECORDER_KVM_CORE(regs.regs[0]) + 2 * (n))

/* One register by its id; false after recorder_state_fail(). */
bool recorder_kvm_registers_get(struct recorder_session *session, uint64_t id, void *value);
bool recorder_kvm_registers_set(struct recorder_session *session, uint64_t id, const void *value);

/* Hz; what CNTFRQ_EL0 tells the guest. */
uint64_t recorder_kvm_counter_frequency(void);

/* Learns which registers there are, before the next two. */
bool recorder_kvm_registers_list(struct recorder_session *session, Error **errp);

/* All of them, for a keyframe; the caller frees them. */
struct ebb_cpu_registers *recorder_kvm_registers_all(struct recorder_session *session);

/* The digest of all of them, as a replay has it. */
uint64_t recorder_kvm_registers_digest(struct recorder_session *session);

#endif
