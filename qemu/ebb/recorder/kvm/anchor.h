/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anchors: how many instructions the guest has retired (count.h), and what its registers held.
 *
 * Most anchors are thin. Each register is a system call, so of most only those few are read that
 * tell places apart (log/digest.h); one in FULL_EVERY has all of them, so that a place that was
 * taken for another is noticed before the next keyframe, which has everything.
 */
#ifndef EBB_RECORDER_KVM_ANCHOR_H
#define EBB_RECORDER_KVM_ANCHOR_H

#include "ebb/recorder/state.h"

/* Appends an anchor if the guest may have run since the last; returns its count. */
uint64_t recorder_kvm_anchor_place(struct recorder_session *session);

#endif
