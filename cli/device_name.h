/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose registers are at an address, as the manifest tells, and what kinds of devices there are. */
#ifndef EBB_CLI_DEVICE_NAME_H
#define EBB_CLI_DEVICE_NAME_H

#include "manifest.h"

#include <stdbool.h>

/* The device that has a register at a guest-physical address; NULL: the manifest names none. */
const struct manifest_device *device_name_at(const struct manifest *manifest, uint64_t address);

/* Whether a device may write to memory at other times than when its registers are accessed; one
 * without a name (NULL) may. */
bool device_name_may_write(const struct manifest_device *device);

/* A memory-mapped transport of virtio, which is named after what is behind it. */
bool device_name_is_virtio(const struct manifest_device *device);

/* What the number in such a transport's register DeviceID stands for, in whatever order of bytes
 * the guest has read it ("entropy"); NULL: not known. */
const char *device_name_virtio(uint64_t id);

#endif
