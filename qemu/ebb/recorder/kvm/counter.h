/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to the generic timer of the CPU, and reads of random numbers, that image.c and rescan.c
 * have replaced by breakpoints. Where the guest's clock is a memory-mapped timer the former are
 * reads of the counter, which the hardware answers; where it is the CPU's own, the machine's timer
 * stands behind its registers. Random numbers are the host's.
 */
#ifndef EBB_RECORDER_KVM_COUNTER_H
#define EBB_RECORDER_KVM_COUNTER_H

#include "ebb/recorder/state.h"

struct kvm_run;

/* On KVM_EXIT_DEBUG, in the vCPU's thread; false: the breakpoint is the guest's own. */
bool recorder_kvm_counter_handle(struct recorder_session *session, struct kvm_run *run);

#endif
