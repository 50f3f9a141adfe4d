/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The count: how many instructions the guest has retired, by the PMU.
 *
 * Event 0x08 (INST_RETIRED) counted in the guest only is exact to the instruction across exits;
 * what KVM emulates for the guest is not in it (docs/nondeterminism.md).
 *
 * Where the host lets a process read the counter itself (sysctl kernel.perf_user_access, Linux
 * Documentation/arch/arm64/perf.rst), which costs a few instructions, the count is known at each
 * exit; elsewhere a system call reads it where it is needed.
 */
#ifndef EBB_RECORDER_KVM_COUNT_H
#define EBB_RECORDER_KVM_COUNT_H

#include "ebb/recorder/state.h"

struct recorder_kvm_count;

/* Finds out whether this host lets the counter be read at each exit; before the guest runs. */
void recorder_kvm_count_prepare(struct recorder_session *session);

/* Opens the counter: position 0 is here. In the vCPU's thread. */
bool recorder_kvm_count_open(struct recorder_session *session, Error **errp);
void recorder_kvm_count_close(struct recorder_session *session);

/* Of perf_event_open(), for events that are to be sampled with the count. */
int recorder_kvm_count_fd(const struct recorder_session *session);
/* Its value at position 0. */
uint64_t recorder_kvm_count_base(const struct recorder_session *session);

/* The vCPU has left the guest, and this is its thread. */
void recorder_kvm_count_note(struct recorder_session *session);

/* That of the moment, if it is known without a system call. */
bool recorder_kvm_count_noted(const struct recorder_session *session, uint64_t *count);

/* The vCPU is about to enter it again. */
void recorder_kvm_count_forget(struct recorder_session *session);

/* The count where the vCPU has left the guest; false after recorder_state_fail(). */
bool recorder_kvm_count_read(struct recorder_session *session, uint64_t *count);

/* The count that an access at the exit of the moment is recorded with: its own where counts are
 * exact, else the last one known. */
uint64_t recorder_kvm_count_of_access(struct recorder_session *session);

#endif
