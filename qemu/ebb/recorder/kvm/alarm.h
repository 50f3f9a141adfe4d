/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's timer fires on the vCPU thread: a timer of the host's kernel interrupts KVM_RUN with
 * the signal that QEMU itself uses for that. QEMU's main thread would have to be woken for it, and
 * then the vCPU be brought out for the main thread, each time that the guest sets its timer and
 * each time that it fires.
 */
#ifndef EBB_RECORDER_KVM_ALARM_H
#define EBB_RECORDER_KVM_ALARM_H

#include "ebb/recorder/state.h"

/* Before the guest runs. */
bool recorder_kvm_alarm_prepare(struct recorder_session *session, Error **errp);

/* Between two runs, with the BQL: does what is due. */
void recorder_kvm_alarm_look(struct recorder_session *session);

#endif
