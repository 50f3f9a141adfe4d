/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that KVM emulates again and again, such as reads of CTR_EL0 where a kernel maintains
 * its caches. To note such an exit costs more than the exit. So when an instruction of the guest's
 * kernel has come by often enough the log says so (EBB_EVENT_TRAP), and perf leaves its exits out:
 * the replay, which executes the same instruction, knows when it passes there.
 *
 * The vCPU thread calls all of this.
 */
#ifndef EBB_RECORDER_KVM_TRAPS_H
#define EBB_RECORDER_KVM_TRAPS_H

#include "ebb/recorder/state.h"

struct recorder_kvm_traps;
struct recorder_kvm_tracepoint;

/* filter is that of the tracepoint; both are borrowed for as long as the traps are there. */
struct recorder_kvm_traps *recorder_kvm_traps_new(struct recorder_kvm_tracepoint *tracepoint,
                                                  const char *filter);
void recorder_kvm_traps_free(struct recorder_kvm_traps *traps);

/* An exit was noted; class: its ESR_EL2.EC. */
void recorder_kvm_traps_see(struct recorder_kvm_traps *traps, uint64_t class, uint64_t pc);

/* True if an instruction has come by often enough by now. */
bool recorder_kvm_traps_wanted(const struct recorder_kvm_traps *traps);

/* Leaves its exits out from here on. Every exit so far has to be in the log, and the vCPU outside
 * of the guest. */
void recorder_kvm_traps_leave_out(struct recorder_session *session,
                                  struct recorder_kvm_traps *traps);

/* The same for a store to a device that KVM keeps (stores.h), which has an event of its own: true
 * if that is possible, or is so already. */
bool recorder_kvm_traps_leave_out_store(struct recorder_kvm_traps *traps, uint64_t pc);
bool recorder_kvm_traps_has_stores(const struct recorder_kvm_traps *traps);
/* True for the class of an access to memory; for instructions whose exits can be left out. */
bool recorder_kvm_traps_is_access(uint64_t class);
bool recorder_kvm_traps_is_of_kernel(uint64_t pc);

/* There is a keyframe: says again what is left out. */
void recorder_kvm_traps_repeat(struct recorder_session *session,
                               const struct recorder_kvm_traps *traps);

/* The guest was reset: nothing is left out any more, if the host has the memory for that. */
void recorder_kvm_traps_forget(struct recorder_kvm_traps *traps);

#endif
