/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/rcu.h"
#include "exec/cpu-common.h"
#include "exec/ramblock.h"
#include "log/digest.h"
#include "ram_space.h"

static const char *name_of(RAMBlock *block)
{
    return block->idstr[0] ? block->idstr : memory_region_name(block->mr);
}

/* Files offered through fw_cfg are kept in RAM blocks too, but no CPU sees them. */
static bool belongs(RAMBlock *block)
{
    return block->mr && block->host && !memory_region_is_ram_device(block->mr) &&
           !g_str_has_prefix(name_of(block), "/rom@");
}

static int compare_blocks(const void *a, const void *b)
{
    const struct recorder_ram_block *x = a, *y = b;

    return strcmp(x->name, y->name);
}

struct recorder_ram_space *recorder_ram_space_new(void)
{
    struct recorder_ram_space *space = g_new0(struct recorder_ram_space, 1);
    GArray *blocks = g_array_new(false, false, sizeof(struct recorder_ram_block));
    RAMBlock *block;
    size_t i;

    WITH_RCU_READ_LOCK_GUARD()
    {
        RAMBLOCK_FOREACH(block)
        {
            if (belongs(block)) {
                struct recorder_ram_block entry = {
                    .block = block,
                    .name = g_strdup(name_of(block)),
                    .size = ROUND_UP(block->used_length, EBB_PAGE_SIZE),
                };
                g_array_append_val(blocks, entry);
            }
        }
    }
    space->block_count = blocks->len;
    space->blocks = (struct recorder_ram_block *)g_array_free(blocks, false);
    qsort(space->blocks, space->block_count, sizeof(space->blocks[0]), compare_blocks);
    for (i = 0; i < space->block_count; i++) {
        space->blocks[i].offset = space->size;
        space->size += space->blocks[i].size;
    }
    return space;
}

void recorder_ram_space_free(struct recorder_ram_space *space)
{
    size_t i;

    if (!space) {
        return;
    }
    for (i = 0; i < space->block_count; i++) {
        g_free(space->blocks[i].name);
    }
    g_free(space->blocks);
    g_free(space);
}

uint64_t recorder_ram_space_offset(const struct recorder_ram_space *space, MemoryRegion *mr,
                                   hwaddr offset)
{
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        const struct recorder_ram_block *block = &space->blocks[i];

        if (block->block == mr->ram_block) {
            return offset < block->size ? block->offset + offset : UINT64_MAX;
        }
    }
    return UINT64_MAX;
}

void *recorder_ram_space_pointer(const struct recorder_ram_space *space, uint64_t offset,
                                 uint64_t *left)
{
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        const struct recorder_ram_block *block = &space->blocks[i];

        if (offset >= block->offset && offset - block->offset < block->size) {
            *left = block->size - (offset - block->offset);
            return block->block->host + (offset - block->offset);
        }
    }
    return NULL;
}

struct map_builder {
    MemoryListener listener;
    const struct recorder_ram_space *space;
    uint64_t flags; /* of the ranges' types */
    GArray *ranges; /* struct ebb_memory_range */
};

static uint64_t type_of(const MemoryRegionSection *section)
{
    if (section->mr->rom_device) {
        return EBB_MEMORY_ROMD;
    }
    return section->readonly || section->mr->readonly ? EBB_MEMORY_ROM : EBB_MEMORY_RAM;
}

static void add_range(MemoryListener *listener, MemoryRegionSection *section)
{
    struct map_builder *builder = container_of(listener, struct map_builder, listener);
    struct ebb_memory_range range = {.address = section->offset_within_address_space};
    uint64_t end = range.address + int128_getlo(section->size);
    uint64_t skipped = ROUND_UP(range.address, EBB_PAGE_SIZE) - range.address;

    if (!memory_region_is_ram(section->mr) && !memory_region_is_romd(section->mr)) {
        return;
    }
    /* QEMU's CPU takes a page that is RAM only in part for a device. */
    range.address += skipped;
    end = ROUND_DOWN(end, EBB_PAGE_SIZE);
    if (range.address >= end) {
        return;
    }
    range.size = end - range.address;
    range.offset = recorder_ram_space_offset(builder->space, section->mr,
                                             section->offset_within_region + skipped);
    if (range.offset != UINT64_MAX) {
        range.type = type_of(section) | builder->flags;
        g_array_append_val(builder->ranges, range);
    }
}

static bool is_divided(ARMCPU *cpu)
{
    return cpu->secure_memory && cpu->secure_memory != CPU(cpu)->memory;
}

/* A listener is told of all that is there when it is registered. */
static void add_ranges(struct map_builder *builder, AddressSpace *as, uint64_t flags)
{
    builder->flags = flags;
    memory_listener_register(&builder->listener, as);
    memory_listener_unregister(&builder->listener);
}

struct ebb_memory_range *recorder_ram_space_map(const struct recorder_ram_space *space, ARMCPU *cpu,
                                                size_t *count)
{
    struct map_builder builder = {
        .listener = {.name = "ebb-map", .region_add = add_range},
        .space = space,
        .ranges = g_array_new(false, false, sizeof(struct ebb_memory_range)),
    };

    add_ranges(&builder, cpu_get_address_space(CPU(cpu), ARMASIdx_NS), 0);
    if (is_divided(cpu)) {
        add_ranges(&builder, cpu_get_address_space(CPU(cpu), ARMASIdx_S), EBB_MEMORY_SECURE);
    }
    *count = builder.ranges->len;
    return (struct ebb_memory_range *)g_array_free(builder.ranges, false);
}

#define PAGEMAP_IN_MEMORY (3ull << 62) /* present, or swapped out */

/* Fills used from the kernel's map of this process; false if there is none. */
static bool read_pagemap(const struct recorder_ram_block *block, bool *used)
{
    uint64_t entries[512], host_page = qemu_real_host_page_size();
    uint64_t pages = DIV_ROUND_UP(block->size, host_page), done = 0;
    uint64_t first = (uintptr_t)block->block->host / host_page;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && done < pages) {
        size_t count = MIN(pages - done, ARRAY_SIZE(entries)), i;
        ssize_t size = count * sizeof(entries[0]);

        if (pread(fd, entries, size, (first + done) * sizeof(entries[0])) != size) {
            break;
        }
        for (i = 0; i < count; i++) {
            uint64_t start = (done + i) * host_page;

            memset(used + start / EBB_PAGE_SIZE, (entries[i] & PAGEMAP_IN_MEMORY) != 0,
                   MIN(host_page, block->size - start) / EBB_PAGE_SIZE);
        }
        done += count;
    }
    if (fd >= 0) {
        close(fd);
    }
    return done == pages;
}

bool *recorder_ram_space_used_pages(const struct recorder_ram_block *block)
{
    uint64_t pages = block->size / EBB_PAGE_SIZE;
    bool *used = g_new(bool, pages);

    /* What is in a file may be there without this process having touched it. */
    if (block->block->fd >= 0 || !read_pagemap(block, used)) {
        memset(used, true, pages * sizeof(*used));
    }
    return used;
}

uint64_t recorder_ram_space_digest(const struct recorder_ram_space *space)
{
    uint64_t digest = 0;
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        const struct recorder_ram_block *block = &space->blocks[i];
        g_autofree bool *used = recorder_ram_space_used_pages(block);
        uint64_t done;

        for (done = 0; done < block->size; done += EBB_PAGE_SIZE) {
            if (used[done / EBB_PAGE_SIZE]) { /* the others are zeroes, which add nothing */
                digest += ebb_digest_page((block->offset + done) / EBB_PAGE_SIZE,
                                          block->block->host + done);
            }
        }
    }
    return digest;
}
