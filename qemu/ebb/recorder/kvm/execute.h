/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops the vCPU before it executes the first instruction of a page, so that accesses to the CPU's
 * counter and timers and reads of random numbers in there can be replaced. For those who ask for it
 * (--rescan-on-execute on).
 *
 * Where the CPU has instruction caches that do not see stores (CTR_EL0.DIC is 0), KVM maps the
 * guest's memory without the right to execute, and gives it at the first fetch, which is a fault.
 * The host's tracepoint kvm_guest_fault tells of that, and perf sends a signal, at which KVM
 * returns to QEMU instead of the guest. A page that has been executed stays executable: what the
 * guest writes there later is not looked at.
 */
#ifndef EBB_RECORDER_KVM_EXECUTE_H
#define EBB_RECORDER_KVM_EXECUTE_H

#include "ebb/recorder/state.h"

/* From the beginning of a recording to its end; nothing happens unless it is asked for, and where
 * the host cannot do it. */
void recorder_kvm_execute_start(struct recorder_session *session);
void recorder_kvm_execute_stop(struct recorder_session *session);

/* The vCPU is about to run: looks at what it is about to execute. With the BQL. */
void recorder_kvm_execute_look(struct recorder_session *session);

#endif
