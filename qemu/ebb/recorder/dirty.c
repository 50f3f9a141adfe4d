/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/ram_addr.h"
#include "dirty.h"

void recorder_dirty_mark(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    cpu_physical_memory_set_dirty_range(memory_region_get_ram_addr(mr) + offset, length,
                                        1 << DIRTY_MEMORY_MIGRATION);
}

DirtyBitmapSnapshot *recorder_dirty_take(const struct recorder_ram_block *block)
{
    return cpu_physical_memory_snapshot_and_clear_dirty(block->block->mr, 0, block->size,
                                                        DIRTY_MEMORY_MIGRATION);
}

bool recorder_dirty_has(DirtyBitmapSnapshot *dirty, const struct recorder_ram_block *block,
                        uint64_t offset, uint64_t length)
{
    ram_addr_t start = memory_region_get_ram_addr(block->block->mr);

    return cpu_physical_memory_snapshot_get_dirty(dirty, start + offset, length);
}
