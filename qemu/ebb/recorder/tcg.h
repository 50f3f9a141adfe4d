/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording under TCG: the position is QEMU's instruction count, always known. */
#ifndef EBB_RECORDER_TCG_H
#define EBB_RECORDER_TCG_H

#include "accel.h"

extern const struct recorder_accel recorder_tcg_accel;

#endif
