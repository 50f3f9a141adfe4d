/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits of the guest that KVM handles by itself, noted for the resolver: a store-exclusive fails
 * where one lies between it and its load (docs/nondeterminism.md).
 *
 * The vCPU thread calls all of this.
 */
#ifndef EBB_RECORDER_KVM_TRACE_H
#define EBB_RECORDER_KVM_TRACE_H

#include "ebb/recorder/state.h"

/* Opens the trace, once the counter is there. Where the host does not allow it nothing is noted. */
void recorder_kvm_trace_open(struct recorder_session *session);
void recorder_kvm_trace_close(struct recorder_session *session);

/*
 * Appends the exits since the last call. To be called when the vCPU has come out to us, before
 * anything else is appended; known: an event that follows is what it came out for.
 */
void recorder_kvm_trace_drain(struct recorder_session *session, bool known);

/* What came out was none of the exits in the trace: the last of them is in front of what follows.
 */
void recorder_kvm_trace_flush(struct recorder_session *session);

/* An anchor with that count follows, and is as good as an exit there. */
void recorder_kvm_trace_anchor(struct recorder_session *session, uint64_t count);

/* True if what brought the vCPU out last, an access to a device, was one by an instruction of a
 * kernel, whose address *pc receives, or 0 if its exits are left out already; and exits can be. */
bool recorder_kvm_trace_last(const struct recorder_session *session, uint64_t *pc);

/* Leaves exits of that instruction out that are accesses to memory: it is a store to a device. */
bool recorder_kvm_trace_leave_out_store(struct recorder_session *session, uint64_t pc);

/* There is a keyframe: the log says again what it leaves out. */
void recorder_kvm_trace_repeat(struct recorder_session *session);

/* The guest was reset. */
void recorder_kvm_trace_reset(struct recorder_session *session);

#endif
