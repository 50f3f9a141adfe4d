/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anchors: how many instructions the guest has retired, by the PMU, and what its registers held.
 *
 * Event 0x08 (INST_RETIRED) counted in the guest only is exact to the instruction across exits;
 * what KVM emulates for the guest is not in it (docs/nondeterminism.md).
 */
#ifndef EBB_RECORDER_KVM_ANCHOR_H
#define EBB_RECORDER_KVM_ANCHOR_H

#include "ebb/recorder/state.h"

/* Opens the counter: position 0 is here. */
bool recorder_kvm_anchor_open(struct recorder_session *session, Error **errp);
void recorder_kvm_anchor_close(struct recorder_session *session);

/* Appends an anchor if the guest may have run since the last; returns its count. */
uint64_t recorder_kvm_anchor_place(struct recorder_session *session);

#endif
