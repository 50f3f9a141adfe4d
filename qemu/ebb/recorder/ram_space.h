/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flat RAM space of a recorded machine (log/event.h): every RAM and flash block that the
 * guest's CPU can see, one after the other, and the memory map that says where.
 */
#ifndef EBB_RECORDER_RAM_SPACE_H
#define EBB_RECORDER_RAM_SPACE_H

#include "cpu.h"
#include "exec/memory.h"
#include "log/event.h"

struct recorder_ram_block {
    RAMBlock *block;
    char *name;
    uint64_t offset; /* RAM offset of its first byte, page-aligned */
    uint64_t size;   /* bytes, page-aligned */
};

struct recorder_ram_space {
    uint64_t size; /* bytes */
    size_t block_count;
    struct recorder_ram_block *blocks;
};

/* Lists the blocks in the order of their ids; fixed from then on. The caller frees it. */
struct recorder_ram_space *recorder_ram_space_new(void);
void recorder_ram_space_free(struct recorder_ram_space *space);

/* The RAM offset of a byte of a RAM region; UINT64_MAX if its block is not in the space. */
uint64_t recorder_ram_space_offset(const struct recorder_ram_space *space, MemoryRegion *mr,
                                   hwaddr offset);

/* The host address of a RAM offset; *left receives the bytes left in its block. NULL in no block.
 */
void *recorder_ram_space_pointer(const struct recorder_ram_space *space, uint64_t offset,
                                 uint64_t *left);

/* Reads the current memory map, as the CPU sees it; g_free() it. */
struct ebb_memory_range *recorder_ram_space_map(const struct recorder_ram_space *space, ARMCPU *cpu,
                                                size_t *count);

/*
 * Which pages of a block may hold something else than zeroes, one bool for each; g_free() it. Saves
 * looking at memory that was never touched, which would make the kernel map it.
 */
bool *recorder_ram_space_used_pages(const struct recorder_ram_block *block);

/* The digest of all RAM (log/digest.h). */
uint64_t recorder_ram_space_digest(const struct recorder_ram_space *space);

#endif
