/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's clock without exits. The frame of the memory-mapped timer is a page of memory, which
 * is brought up to date whenever the vCPU is outside of the guest anyway; what changes there is in
 * the log like a device's DMA. In between the clock stands still, so that what the guest reads does
 * not depend on when it reads.
 *
 * A guest may wait for the clock and do nothing else. So the page is closed once it is older than a
 * step: a thread takes the right to read it away, KVM_RUN returns EFAULT when the guest next reads
 * it, and there the clock moves on. A guest that does not look at its clock is not disturbed. One
 * that reads a page right after it was closed is waiting: for it the steps get short.
 *
 * The page is closed only while the vCPU is in the guest. Nobody else looks at it then: device code
 * waits for the replay mutex, which the vCPU thread holds.
 */
#ifndef EBB_RECORDER_KVM_CLOCK_H
#define EBB_RECORDER_KVM_CLOCK_H

#include "exec/hwaddr.h"
#include "hw/core/cpu.h"
#include "ebb/recorder/state.h"

/* Before the guest runs. */
bool recorder_kvm_clock_prepare(struct recorder_session *session, Error **errp);

/*
 * Around each stay of the vCPU in the guest. What leave returns is true if the guest may not read
 * the page until the clock has moved on.
 */
void recorder_kvm_clock_enter(struct recorder_session *session);
bool recorder_kvm_clock_leave(struct recorder_session *session);

/* Who goes with the page: called around each time that it is brought up to date. */
struct recorder_kvm_clock_follower {
    void (*before)(struct recorder_session *session);
    void (*after)(struct recorder_session *session);
};

/* Before the guest runs; false if there is no page. */
bool recorder_kvm_clock_follow(struct recorder_session *session,
                               const struct recorder_kvm_clock_follower *follower);

/* Moves the clock on; between leave and enter, with the BQL. */
void recorder_kvm_clock_refresh(struct recorder_session *session);
/* The same at a device access: only if the time there is 250 µs old, or a timer has fired. What the
 * guest has set is shown at once. */
void recorder_kvm_clock_pass(struct recorder_session *session);

/* The same between two runs, where it costs no anchor or has to be. */
void recorder_kvm_clock_settle(struct recorder_session *session);

/*
 * From now on the vCPU is brought out of the guest when the page is older than that; 0: it is not.
 * It need not be older when the vCPU has left for another reason meanwhile.
 */
void recorder_kvm_clock_limit_age(struct recorder_session *session, int64_t limit_ns);

/* Between leave and enter: whether the vCPU was. */
bool recorder_kvm_clock_was_too_old(struct recorder_session *session);

/* The hook kvm_fault. */
bool recorder_kvm_clock_fault(CPUState *cpu);

#endif
