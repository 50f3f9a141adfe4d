/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM's debug interface is used for (KVM API, KVM_SET_GUEST_DEBUG): breakpoint instructions,
 * which stand in for accesses to the CPU's timer and reads of random numbers, and the debug
 * registers, which stop the vCPU where the user wants a rescan.
 */
#ifndef EBB_RECORDER_KVM_DEBUG_H
#define EBB_RECORDER_KVM_DEBUG_H

#include <linux/kvm.h>
#include "ebb/recorder/state.h"

/* Refuses more addresses than the host's CPU has registers for. */
bool recorder_kvm_debug_prepare(struct recorder_session *session, Error **errp);

/*
 * When a recording begins. While KVM debugs a guest it keeps the debug registers from it, and an
 * AArch32 guest sees the difference: so it debugs one from the beginning if it may ever have to.
 */
bool recorder_kvm_debug_start(struct recorder_session *session, Error **errp);

/* Has breakpoint instructions come to the recorder, if there are any of ours in memory now. */
void recorder_kvm_debug_take_breakpoints(struct recorder_session *session, uint64_t replaced);

/* Stops the vCPU at each address once more; when the guest starts. */
void recorder_kvm_debug_arm(struct recorder_session *session);

/* Whether the vCPU has stopped at one of the addresses; it does not again. */
bool recorder_kvm_debug_met(struct recorder_session *session, struct kvm_run *run);

/*
 * Gives the guest a breakpoint instruction of its own. False if QEMU does that: of AArch32 it does
 * not know the fault status. No locks.
 */
bool recorder_kvm_debug_give_back(struct recorder_session *session, struct kvm_run *run);

#endif
