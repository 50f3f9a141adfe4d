/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU calls while the guest runs. */
#ifndef EBB_WORKER_HOOKS_H
#define EBB_WORKER_HOOKS_H

#include "ebb/hooks.h"

extern const struct ebb_hooks worker_hooks;

#endif
