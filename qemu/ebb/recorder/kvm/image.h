/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counter reads, and those of random numbers that cannot be hidden, in what QEMU has loaded into
 * the guest's memory become breakpoints. */
#ifndef EBB_RECORDER_KVM_IMAGE_H
#define EBB_RECORDER_KVM_IMAGE_H

#include "ebb/recorder/state.h"

/* Replaces them in all that the machine's loader has put there. */
void recorder_kvm_image_patch(struct recorder_session *session);

#endif
