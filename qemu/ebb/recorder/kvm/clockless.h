/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the user of a guest that may hang for want of a clock: what is packed, or comes out of a
 * firmware, cannot be looked into before it starts.
 */
#ifndef EBB_RECORDER_KVM_CLOCKLESS_H
#define EBB_RECORDER_KVM_CLOCKLESS_H

#include "ebb/recorder/state.h"

/* From the start of a recording to its end; with the BQL. */
void recorder_kvm_clockless_watch(struct recorder_session *session);
void recorder_kvm_clockless_forget(struct recorder_session *session);

#endif
