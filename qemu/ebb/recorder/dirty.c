/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/ram_addr.h"
#include "log/event.h"
#include "dirty.h"

/*
 * Bytes that are looked at together first: with 1 MiB, 1 GiB of RAM that nobody has written to is
 * passed in 1024 looks instead of 262144, while the vCPU waits. A guess: a larger one more often
 * has a dirty page in it, and then is gone through page by page.
 */
#define CLEAN_STRETCH (1u << 20)

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

static bool has(DirtyBitmapSnapshot *dirty, const struct recorder_ram_block *block, uint64_t offset,
                uint64_t length)
{
    ram_addr_t start = memory_region_get_ram_addr(block->block->mr);

    return cpu_physical_memory_snapshot_get_dirty(dirty, start + offset, length);
}

int recorder_dirty_each(DirtyBitmapSnapshot *dirty, const struct recorder_ram_block *block,
                        int (*add)(void *opaque, const struct recorder_ram_block *block,
                                   uint64_t offset),
                        void *opaque)
{
    uint64_t done = 0;
    int status = 0;

    while (done < block->size && !status) {
        uint64_t stretch = MIN(CLEAN_STRETCH, block->size - done);

        if (done % CLEAN_STRETCH == 0 && !has(dirty, block, done, stretch)) {
            done += stretch;
            continue;
        }
        status = has(dirty, block, done, EBB_PAGE_SIZE) ? add(opaque, block, done) : 0;
        done += EBB_PAGE_SIZE;
    }
    return status;
}
