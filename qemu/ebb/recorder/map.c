/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the memory map, and of flash while it was not mapped as memory. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "log/digest.h"
#include "state.h"

static struct recorder_flash *find_flash(struct recorder_session *session, MemoryRegion *mr)
{
    guint i;

    for (i = 0; i < session->flashes->len; i++) {
        struct recorder_flash *flash = &g_array_index(session->flashes, struct recorder_flash, i);

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

void recorder_flash_written(struct recorder_session *session, MemoryRegion *mr)
{
    uint64_t size = memory_region_size(mr);
    struct recorder_flash flash = {.mr = mr};

    if (!recorder_state_is_recording(session) || find_flash(session, mr) ||
        recorder_ram_space_offset(session->space, mr, 0) == UINT64_MAX) {
        return;
    }
    flash.shadow = g_malloc0(size);
    copy_pages(flash.shadow, memory_region_get_ram_ptr(mr), size);
    g_array_append_val(session->flashes, flash);
}

/* The device programs its array without telling anyone. */
static void log_flash_changes(struct recorder_session *session, struct recorder_flash *flash)
{
    const uint8_t *array = memory_region_get_ram_ptr(flash->mr);
    uint64_t size = memory_region_size(flash->mr);
    uint64_t done;

    for (done = 0; done < size; done += EBB_PAGE_SIZE) {
        if (memcmp(flash->shadow + done, array + done, EBB_PAGE_SIZE)) {
            memcpy(flash->shadow + done, array + done, EBB_PAGE_SIZE);
            recorder_dirty_mark(flash->mr, done, EBB_PAGE_SIZE);
            recorder_events_dma(session, recorder_ram_space_offset(session->space, flash->mr, done),
                                EBB_PAGE_SIZE);
        }
    }
}

void recorder_flash_sync(struct recorder_session *session)
{
    guint i;

    for (i = 0; i < session->flashes->len; i++) {
        log_flash_changes(session, &g_array_index(session->flashes, struct recorder_flash, i));
    }
}

static void append_map(struct recorder_session *session)
{
    g_autofree uint8_t *data = g_malloc(32 * session->map_count);
    struct ebb_event event = {
        .kind = EBB_EVENT_MEMORY_MAP,
        .data = data,
        .data_length = 32 * session->map_count,
    };
    size_t i;

    for (i = 0; i < session->map_count; i++) {
        const struct ebb_memory_range *range = &session->map[i];

        stq_le_p(data + 32 * i, range->address);
        stq_le_p(data + 32 * i + 8, range->size);
        stq_le_p(data + 32 * i + 16, range->offset);
        stq_le_p(data + 32 * i + 24, range->type);
    }
    recorder_events_effect(session, &event);
}

static void map_committed(MemoryListener *listener)
{
    struct recorder_session *session = container_of(listener, struct recorder_session, listener);
    struct ebb_memory_range *map;
    size_t count;
    guint i;

    if (!recorder_state_is_recording(session)) {
        return;
    }
    for (i = 0; i < session->flashes->len; i++) {
        struct recorder_flash *flash = &g_array_index(session->flashes, struct recorder_flash, i);

        if (memory_region_is_romd(flash->mr)) {
            log_flash_changes(session, flash);
        }
    }
    map = recorder_ram_space_map(session->space, &count);
    if (count == session->map_count && !memcmp(map, session->map, count * sizeof(*map))) {
        g_free(map);
        return;
    }
    g_free(session->map);
    session->map = map;
    session->map_count = count;
    append_map(session);
}

static void ram_added(RAMBlockNotifier *notifier, void *host, size_t size, size_t max_size)
{
    struct recorder_session *session =
        container_of(notifier, struct recorder_session, ram_notifier);

    if (recorder_state_is_recording(session)) {
        recorder_state_fail(session,
                            "cannot record memory that is plugged in while the guest runs");
    }
}

void recorder_map_append(struct recorder_session *session)
{
    append_map(session);
}

void recorder_map_start(struct recorder_session *session)
{
    session->flashes = g_array_new(false, false, sizeof(struct recorder_flash));
    session->map = recorder_ram_space_map(session->space, &session->map_count);
    session->listener.name = TYPE_EBB_RECORDER;
    session->listener.commit = map_committed;
    memory_listener_register(&session->listener, &address_space_memory);
    session->ram_notifier.ram_block_added = ram_added;
    ram_block_notifier_add(&session->ram_notifier);
}

void recorder_map_stop(struct recorder_session *session)
{
    guint i;

    memory_listener_unregister(&session->listener);
    ram_block_notifier_remove(&session->ram_notifier);
    for (i = 0; i < session->flashes->len; i++) {
        g_free(g_array_index(session->flashes, struct recorder_flash, i).shadow);
    }
    g_array_free(session->flashes, true);
    g_clear_pointer(&session->map, g_free);
    g_clear_pointer(&session->space, recorder_ram_space_free);
}
