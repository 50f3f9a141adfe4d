/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EBB_RECORDER_REGION_ADDRESS_H
#define EBB_RECORDER_REGION_ADDRESS_H

#include "exec/memory.h"

/*
 * Where the CPU sees a region of a device; false if nowhere. Boards map their devices by
 * sysbus_mmio_map() or by hand, so the device itself does not always know.
 */
bool recorder_region_address(const MemoryRegion *region, hwaddr *address);

#endif
