/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "hooks.h"

const struct ebb_hooks *ebb_hooks;
