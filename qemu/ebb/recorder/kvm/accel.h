/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording under KVM, as the rest of the recorder sees it. */
#ifndef EBB_RECORDER_KVM_ACCEL_H
#define EBB_RECORDER_KVM_ACCEL_H

#include "ebb/recorder/accel.h"

extern const struct recorder_accel recorder_kvm_accel;

#endif
