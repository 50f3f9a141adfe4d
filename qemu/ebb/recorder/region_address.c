/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "region_address.h"

bool recorder_region_address(const MemoryRegion *region, hwaddr *address)
{
    const ARMCPU *cpu = ARM_CPU(first_cpu);

    *address = 0;
    for (; region->container; region = region->container) {
        *address += region->addr;
    }
    return region == CPU(cpu)->memory || region == cpu->secure_memory;
}
