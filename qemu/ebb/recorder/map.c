/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the memory map, and of flash while it was not mapped as memory. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "log/digest.h"
#include "state.h"

static struct recorder_flash *find_flash(struct recorder *recorder, MemoryRegion *mr)
{
    guint i;

    for (i = 0; i < recorder->flashes->len; i++) {
        struct recorder_flash *flash = &g_array_index(recorder->flashes, struct recorder_flash, i);

        if (flash->mr == mr) {
            return flash;
        }
    }
    return NULL;
}

/* Flash is mostly empty: what is zero is left alone, so that it takes no memory. */
static void copy_pages(uint8_t *to, const uint8_t *from, uint64_t size)
{
    uint64_t done;

    for (done = 0; done < size; done += EBB_PAGE_SIZE) {
        if (!ebb_is_zero(from + done, EBB_PAGE_SIZE)) {
            memcpy(to + done, from + done, EBB_PAGE_SIZE);
        }
    }
}

void recorder_flash_written(struct recorder *recorder, MemoryRegion *mr)
{
    uint64_t size = memory_region_size(mr);
    struct recorder_flash flash = {.mr = mr};

    if (!recorder_is_recording(recorder) || find_flash(recorder, mr) ||
        ebb_ram_space_offset(recorder->space, mr, 0) == UINT64_MAX) {
        return;
    }
    flash.shadow = g_malloc0(size);
    copy_pages(flash.shadow, memory_region_get_ram_ptr(mr), size);
    g_array_append_val(recorder->flashes, flash);
}

/* The device programs its array without telling anyone. */
static void log_flash_changes(struct recorder *recorder, struct recorder_flash *flash)
{
    const uint8_t *array = memory_region_get_ram_ptr(flash->mr);
    uint64_t size = memory_region_size(flash->mr);
    uint64_t done;

    for (done = 0; done < size; done += EBB_PAGE_SIZE) {
        if (memcmp(flash->shadow + done, array + done, EBB_PAGE_SIZE)) {
            memcpy(flash->shadow + done, array + done, EBB_PAGE_SIZE);
            recorder_mark_dirty(flash->mr, done, EBB_PAGE_SIZE);
            recorder_append_dma(recorder, ebb_ram_space_offset(recorder->space, flash->mr, done),
                                EBB_PAGE_SIZE);
        }
    }
}

void recorder_flash_sync(struct recorder *recorder)
{
    guint i;

    for (i = 0; i < recorder->flashes->len; i++) {
        log_flash_changes(recorder, &g_array_index(recorder->flashes, struct recorder_flash, i));
    }
}

static void append_map(struct recorder *recorder)
{
    g_autofree uint8_t *data = g_malloc(32 * recorder->map_count);
    struct ebb_event event = {
        .kind = EBB_EVENT_MEMORY_MAP,
        .data = data,
        .data_length = 32 * recorder->map_count,
    };
    size_t i;

    for (i = 0; i < recorder->map_count; i++) {
        const struct ebb_memory_range *range = &recorder->map[i];

        stq_le_p(data + 32 * i, range->address);
        stq_le_p(data + 32 * i + 8, range->size);
        stq_le_p(data + 32 * i + 16, range->offset);
        stq_le_p(data + 32 * i + 24, range->type);
    }
    recorder_append_effect(recorder, &event);
}

static void map_committed(MemoryListener *listener)
{
    struct recorder *recorder = container_of(listener, struct recorder, listener);
    struct ebb_memory_range *map;
    size_t count;
    guint i;

    if (!recorder_is_recording(recorder)) {
        return;
    }
    for (i = 0; i < recorder->flashes->len; i++) {
        struct recorder_flash *flash = &g_array_index(recorder->flashes, struct recorder_flash, i);

        if (memory_region_is_romd(flash->mr)) {
            log_flash_changes(recorder, flash);
        }
    }
    map = ebb_ram_space_map(recorder->space, &count);
    if (count == recorder->map_count && !memcmp(map, recorder->map, count * sizeof(*map))) {
        g_free(map);
        return;
    }
    g_free(recorder->map);
    recorder->map = map;
    recorder->map_count = count;
    append_map(recorder);
}

static void ram_added(RAMBlockNotifier *notifier, void *host, size_t size, size_t max_size)
{
    struct recorder *recorder = container_of(notifier, struct recorder, ram_notifier);

    if (recorder_is_recording(recorder)) {
        recorder_fail(recorder, "cannot record memory that is plugged in while the guest runs");
    }
}

void recorder_map_append(struct recorder *recorder)
{
    append_map(recorder);
}

void recorder_map_start(struct recorder *recorder)
{
    recorder->flashes = g_array_new(false, false, sizeof(struct recorder_flash));
    recorder->map = ebb_ram_space_map(recorder->space, &recorder->map_count);
    recorder->listener.name = TYPE_EBB_RECORDER;
    recorder->listener.commit = map_committed;
    memory_listener_register(&recorder->listener, &address_space_memory);
    recorder->ram_notifier.ram_block_added = ram_added;
    ram_block_notifier_add(&recorder->ram_notifier);
}

void recorder_map_stop(struct recorder *recorder)
{
    guint i;

    memory_listener_unregister(&recorder->listener);
    ram_block_notifier_remove(&recorder->ram_notifier);
    for (i = 0; i < recorder->flashes->len; i++) {
        g_free(g_array_index(recorder->flashes, struct recorder_flash, i).shadow);
    }
    g_array_free(recorder->flashes, true);
    g_clear_pointer(&recorder->map, g_free);
    g_clear_pointer(&recorder->space, ebb_ram_space_free);
}
