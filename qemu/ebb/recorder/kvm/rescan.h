/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to the CPU's counter and timers, and reads of random numbers, in code that has come into
 * the guest's memory since it was started. What is replaced is in the log as if a device had
 * written it.
 */
#ifndef EBB_RECORDER_KVM_RESCAN_H
#define EBB_RECORDER_KVM_RESCAN_H

#include <linux/kvm.h>
#include "ebb/recorder/state.h"

/*
 * Looks through all memory that is in use, replaces what is to be, and says so. The vCPU is outside
 * of the guest, and the caller has the BQL.
 */
struct recorder_replacements recorder_kvm_rescan(struct recorder_session *session);

/* The same where the vCPU has stopped; false if it is not there that the user wants one. No locks.
 */
bool recorder_kvm_rescan_where_wanted(struct recorder_session *session, struct kvm_run *run);

/*
 * Looks at the page with a guest-physical address, and where there is something to replace also at
 * the memory around it. Says nothing.
 */
void recorder_kvm_rescan_page(struct recorder_session *session, uint64_t address);

#endif
