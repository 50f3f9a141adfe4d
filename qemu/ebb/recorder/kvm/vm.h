/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the virtual machine has to be like, and what KVM is told about it before it runs. */
#ifndef EBB_RECORDER_KVM_VM_H
#define EBB_RECORDER_KVM_VM_H

#include "ebb/recorder/state.h"

/* False, with *errp set, if KVM keeps something of this machine from us. */
bool recorder_kvm_vm_check(Error **errp);
/* The same of a device. */
bool recorder_kvm_vm_check_device(Object *device, Error **errp);
bool recorder_kvm_vm_prepare(struct recorder_session *session, Error **errp);

/* Whether the guest's CPU has FEAT_RNG, as prepared. */
bool recorder_kvm_vm_has_random(const struct recorder_session *session);

/* After each reset of the vCPU. */
void recorder_kvm_vm_clear_upper_halves(struct recorder_session *session);

#endif
