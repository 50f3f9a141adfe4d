/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of RAM have been written to. QEMU's dirty bits for migration tell it of the guest;
 * nothing else uses them, since migration is blocked. Devices' writes are added here.
 */
#ifndef EBB_RECORDER_DIRTY_H
#define EBB_RECORDER_DIRTY_H

#include "exec/memory.h"
#include "ram_space.h"

/* Somebody else than the guest's CPU has written length bytes at offset of a RAM region. */
void recorder_dirty_mark(MemoryRegion *mr, hwaddr offset, hwaddr length);

/* The pages of a block that were written to since this was last called; g_free() it. */
DirtyBitmapSnapshot *recorder_dirty_take(const struct recorder_ram_block *block);

/* Calls add for each of them, offset being the page's in the block, until it does not return 0;
 * returns what it did. */
int recorder_dirty_each(DirtyBitmapSnapshot *dirty, const struct recorder_ram_block *block,
                        int (*add)(void *opaque, const struct recorder_ram_block *block,
                                   uint64_t offset),
                        void *opaque);

#endif
