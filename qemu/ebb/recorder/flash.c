/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "log/digest.h"
#include "dirty.h"
#include "events.h"
#include "flash.h"
#include "ram_space.h"

/* What the guest last saw in the array of a device. */
struct flash {
    MemoryRegion *mr;
    uint8_t *shadow;
};

static struct flash *flash_at(struct recorder_session *session, guint i)
{
    return &g_array_index(session->flashes, struct flash, i);
}

static struct flash *find_flash(struct recorder_session *session, MemoryRegion *mr)
{
    guint i;

    for (i = 0; i < session->flashes->len; i++) {
        if (flash_at(session, i)->mr == mr) {
            return flash_at(session, i);
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
    struct flash flash = {.mr = mr};

    if (!recorder_state_is_recording(session) || find_flash(session, mr) ||
        recorder_ram_space_offset(session->space, mr, 0) == UINT64_MAX) {
        return;
    }
    flash.shadow = g_malloc0(size);
    copy_pages(flash.shadow, memory_region_get_ram_ptr(mr), size);
    g_array_append_val(session->flashes, flash);
}

static void log_changes(struct recorder_session *session, struct flash *flash)
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
        log_changes(session, flash_at(session, i));
    }
}

void recorder_flash_sync_mapped(struct recorder_session *session)
{
    guint i;

    for (i = 0; i < session->flashes->len; i++) {
        if (memory_region_is_romd(flash_at(session, i)->mr)) {
            log_changes(session, flash_at(session, i));
        }
    }
}

void recorder_flash_start(struct recorder_session *session)
{
    session->flashes = g_array_new(false, false, sizeof(struct flash));
}

void recorder_flash_stop(struct recorder_session *session)
{
    guint i;

    for (i = 0; i < session->flashes->len; i++) {
        g_free(flash_at(session, i)->shadow);
    }
    g_array_free(session->flashes, true);
    session->flashes = NULL;
}
