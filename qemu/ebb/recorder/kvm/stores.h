/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores to devices that KVM keeps in a ring until the guest leaves for another reason
 * ("coalesced", KVM API, section 4.39 and KVM_CAP_COALESCED_MMIO): an exit of the kernel's in the
 * place of one to us. They are those whose effect may wait: the end of an interrupt (GICv2,
 * GICC_EOIR), which Linux has followed by a look for the next one, and its acknowledgement at a
 * virtio-mmio device.
 *
 * No device does anything meanwhile: it would first bring the vCPU out (accel.c). An interrupt that
 * waits for the end of another one, or of itself, is given a short time, then the vCPU is brought
 * out for it.
 *
 * A store is left to KVM once the recorder knows which instruction makes it, and perf leaves its
 * exits out. Its event has EBB_EVENT_COALESCED. What it causes is logged where it takes effect.
 *
 * The vCPU thread calls all of this but prepare.
 */
#ifndef EBB_RECORDER_KVM_STORES_H
#define EBB_RECORDER_KVM_STORES_H

#include "ebb/recorder/state.h"

struct recorder_kvm_stores;

/* Before the guest runs; nothing is coalesced yet. */
bool recorder_kvm_stores_prepare(struct recorder_session *session, Error **errp);

/* The guest has left for a store, which is in the log. With the BQL. */
void recorder_kvm_stores_see(struct recorder_session *session, uint64_t address);

/* True if there are some that nobody has taken yet. */
bool recorder_kvm_stores_wait(const struct recorder_session *session);

/*
 * Those that wait, in two steps with the BQL: appends their events; has them take effect. The first
 * belongs in front of the event of what the guest has left for, the second into it.
 */
void recorder_kvm_stores_append(struct recorder_session *session);
void recorder_kvm_stores_perform(struct recorder_session *session);

/* Both, where the guest has left for no access to a device. Without the BQL. */
void recorder_kvm_stores_settle(struct recorder_session *session);

/* The guest has left for a load. */
void recorder_kvm_stores_see_load(struct recorder_session *session, uint64_t address,
                                  uint64_t value);

/* The vCPU is about to enter the guest, and the count is still that of where it left. */
void recorder_kvm_stores_enter(struct recorder_session *session);

/* From here on no store is coalesced, until it is known again; none may be waiting. */
void recorder_kvm_stores_forget(struct recorder_session *session);

#endif
