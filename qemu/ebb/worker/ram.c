/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's RAM: a memory file shared with the engine, and which of its pages changed. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "qemu/memfd.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"
#include "exec/memory-internal.h"
#include "exec/ram_addr.h"
#include "exec/translation-block.h"
#include "ebb/tables.h"
#include "ram.h"

/* Maps the same RAM block again as a ROM device, whose writes are MMIO. */
static void create_romd(struct worker *worker)
{
    memory_region_init(&worker->romd, NULL, "ebb.romd", worker->manifest->ram_size);
    worker->romd.terminates = true;
    worker->romd.rom_device = true;
    worker->romd.ops = &unassigned_mem_ops;
    worker->romd.ram_block = worker->ram.ram_block;
}

static void create_control(struct worker *worker)
{
    size_t bitmap = worker_bitmap_size(worker->manifest->ram_size);
    Error *error = NULL;

    worker->control = qemu_memfd_alloc("ebb-control", sizeof(*worker->control) + 2 * bitmap,
                                       WORKER_SEALS, &worker->control_fd, &error);
    if (!worker->control) {
        error_reportf_err(error, "cannot create the control file: ");
        exit(EBB_ERROR_FAILED);
    }
    worker->dirty = (uint64_t *)(worker->control + 1);
    worker->replaced = worker->dirty + bitmap / sizeof(uint64_t);
}

void worker_ram_create(struct worker *worker)
{
    Error *error = NULL;

    worker->ram_fd =
        qemu_memfd_create("ebb-ram", worker->manifest->ram_size, false, 0, WORKER_SEALS, &error);
    if (worker->ram_fd < 0 ||
        !memory_region_init_ram_from_fd(&worker->ram, NULL, "ebb.ram", worker->manifest->ram_size,
                                        RAM_SHARED, worker->ram_fd, 0, &error)) {
        error_reportf_err(error, "cannot create the guest's RAM: ");
        exit(EBB_ERROR_FAILED);
    }
    create_romd(worker);
    create_control(worker);
}

void worker_ram_write(struct worker *worker, uint64_t offset, const void *data, size_t length)
{
    memcpy((uint8_t *)memory_region_get_ram_ptr(&worker->ram) + offset, data, length);
    memory_region_flush_rom_device(&worker->romd, offset, length);
}

void worker_ram_written(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    ebb_tables_ram_written(mr, offset, length);
    /* QEMU itself notes all of the guest's stores, but other writes only while it migrates. */
    cpu_physical_memory_set_dirty_range(memory_region_get_ram_addr(mr) + offset, length,
                                        1 << DIRTY_MEMORY_MIGRATION);
}

/* Moves the words [first, first + count) of QEMU's dirty bitmap to ours; returns the bits set. */
static uint64_t take_words(uint64_t *to, unsigned long *from, size_t count)
{
    uint64_t pages = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        to[i] = from[i] ? qatomic_xchg(&from[i], 0) : 0;
        pages += ctpop64(to[i]);
    }
    return pages;
}

uint64_t worker_ram_collect_dirty(struct worker *worker)
{
    size_t words = worker_bitmap_size(worker->manifest->ram_size) / sizeof(uint64_t);
    size_t per_block = DIRTY_MEMORY_BLOCK_SIZE / BITS_PER_LONG;
    ram_addr_t start = memory_region_get_ram_addr(&worker->ram);
    uint64_t pages = 0;
    DirtyMemoryBlocks *blocks;
    size_t done, count;

    QEMU_BUILD_BUG_ON(sizeof(unsigned long) != sizeof(uint64_t));
    assert(start == 0); /* the worker has no other RAM block */
    WITH_RCU_READ_LOCK_GUARD()
    {
        blocks = qatomic_rcu_read(&ram_list.dirty_memory[DIRTY_MEMORY_MIGRATION]);
        for (done = 0; done < words; done += count) {
            count = MIN(words - done, per_block);
            pages += take_words(worker->dirty + done, blocks->blocks[done / per_block], count);
        }
    }
    if (pages) {
        cpu_physical_memory_dirty_bits_cleared(0, worker->manifest->ram_size);
    }
    return pages;
}

void worker_ram_accept_replaced(struct worker *worker)
{
    size_t words = worker_bitmap_size(worker->manifest->ram_size) / sizeof(uint64_t);
    size_t i;

    for (i = 0; i < words; i++) {
        while (worker->replaced[i]) {
            ram_addr_t page = i * 64 + ctz64(worker->replaced[i]);

            worker->replaced[i] &= worker->replaced[i] - 1;
            if (page * EBB_PAGE_SIZE < worker->manifest->ram_size) {
                tb_invalidate_phys_range(page * EBB_PAGE_SIZE, (page + 1) * EBB_PAGE_SIZE - 1);
            }
        }
    }
}
