/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest may have been asleep. A WFI that waits inside KVM ends when the vCPU leaves the
 * guest for whatever reason, and a replay has to be told (log/event.h). KVM counts the WFIs that it
 * has seen (KVM API, section 4.133, statistics of a vCPU): as long as there are no new ones nothing
 * has ended.
 */
#ifndef EBB_RECORDER_KVM_SLEEP_H
#define EBB_RECORDER_KVM_SLEEP_H

#include "ebb/recorder/state.h"

/* Before the guest runs. */
void recorder_kvm_sleep_watch(struct recorder_session *session);

/* True if a WFI may have ended by the vCPU's leaving the guest just now. */
bool recorder_kvm_sleep_may_have_ended(struct recorder_session *session);

#endif
