/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyframes: which pages of RAM go into one.
 *
 * The first has every page that is not zero. After that QEMU's dirty bits for migration, which
 * nothing else uses since migration is blocked, tell which pages the guest has written to;
 * recorder_mark_dirty() adds those written by devices.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/ram_addr.h"
#include "qemu/timer.h"
#include "system/cpu-timers.h"
#include "ebb-log/digest.h"
#include "cpu_state.h"
#include "position.h"
#include "recorder.h"

#define CLEAN_STRETCH (1u << 20) /* bytes that are looked at together first */

void recorder_mark_dirty(MemoryRegion *mr, hwaddr offset, hwaddr length)
{
    cpu_physical_memory_set_dirty_range(memory_region_get_ram_addr(mr) + offset, length,
                                        1 << DIRTY_MEMORY_MIGRATION);
}

static int add_page(struct recorder *recorder, const struct ebb_ram_block *block, uint64_t offset,
                    struct ebb_error *error)
{
    return ebb_keyframe_add_page(recorder->writer, (block->offset + offset) / EBB_PAGE_SIZE,
                                 block->block->host + offset, error);
}

static DirtyBitmapSnapshot *take_dirty(const struct ebb_ram_block *block)
{
    return cpu_physical_memory_snapshot_and_clear_dirty(block->block->mr, 0, block->size,
                                                        DIRTY_MEMORY_MIGRATION);
}

static int add_used_pages(struct recorder *recorder, const struct ebb_ram_block *block,
                          struct ebb_error *error)
{
    g_autofree DirtyBitmapSnapshot *dirty = take_dirty(block);
    g_autofree bool *used = ebb_ram_block_used_pages(block);
    uint64_t done;

    for (done = 0; done < block->size; done += EBB_PAGE_SIZE) {
        if (used[done / EBB_PAGE_SIZE] && !ebb_is_zero(block->block->host + done, EBB_PAGE_SIZE) &&
            add_page(recorder, block, done, error)) {
            return -1;
        }
    }
    return 0;
}

static int add_dirty_pages(struct recorder *recorder, const struct ebb_ram_block *block,
                           struct ebb_error *error)
{
    g_autofree DirtyBitmapSnapshot *dirty = take_dirty(block);
    ram_addr_t start = memory_region_get_ram_addr(block->block->mr);
    uint64_t done = 0;

    while (done < block->size) {
        uint64_t stretch = MIN(CLEAN_STRETCH, block->size - done);

        if (done % CLEAN_STRETCH == 0 &&
            !cpu_physical_memory_snapshot_get_dirty(dirty, start + done, stretch)) {
            done += stretch;
            continue;
        }
        if (cpu_physical_memory_snapshot_get_dirty(dirty, start + done, EBB_PAGE_SIZE) &&
            add_page(recorder, block, done, error)) {
            return -1;
        }
        done += EBB_PAGE_SIZE;
    }
    return 0;
}

static int add_block(struct recorder *recorder, const struct ebb_ram_block *block,
                     struct ebb_error *error)
{
    return recorder->has_keyframe ? add_dirty_pages(recorder, block, error)
                                  : add_used_pages(recorder, block, error);
}

static int write_keyframe(struct recorder *recorder, uint64_t position, uint64_t *number,
                          struct ebb_error *error)
{
    struct ebb_cpu_registers *registers;
    const struct ebb_register *list;
    size_t count, i;
    int result;

    if (ebb_keyframe_begin(recorder->writer, position, number, error)) {
        return -1;
    }
    for (i = 0; i < recorder->space->block_count; i++) {
        if (add_block(recorder, &recorder->space->blocks[i], error)) {
            return -1;
        }
    }
    registers = ebb_cpu_registers_get(recorder->cpu);
    list = ebb_cpu_registers_list(registers, &count);
    result = ebb_keyframe_commit(recorder->writer, list, count, error);
    ebb_cpu_registers_free(registers);
    return result;
}

bool recorder_keyframe(struct recorder *recorder, uint64_t position, uint64_t *number)
{
    uint64_t ignored;
    struct ebb_error error;

    if (position == ebb_position_now()) {
        recorder_flash_sync(recorder);
    }
    if (write_keyframe(recorder, position, number ? number : &ignored, &error)) {
        recorder_fail(recorder, "%s", error.message);
        return false;
    }
    recorder->has_keyframe = true;
    recorder->keyframe_position = position;
    /* QEMU lets the vCPU run until the next timer. */
    timer_mod(recorder->keyframe_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                            icount_to_ns(recorder->properties.keyframe_interval));
    return true;
}

bool recorder_keyframe_is_due(const struct recorder *recorder)
{
    return ebb_position_now() - recorder->keyframe_position >=
           recorder->properties.keyframe_interval;
}

/* The vCPU has stopped running for it, and looks whether a keyframe is due. */
static void keyframe_timer(void *opaque)
{
    struct recorder *recorder = opaque;

    if (recorder_is_recording(recorder) && !recorder_keyframe_is_due(recorder)) {
        uint64_t left = recorder->properties.keyframe_interval -
                        (ebb_position_now() - recorder->keyframe_position);

        timer_mod(recorder->keyframe_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + icount_to_ns(left));
    }
}

void recorder_keyframe_start(struct recorder *recorder)
{
    recorder->keyframe_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, keyframe_timer, recorder);
}
