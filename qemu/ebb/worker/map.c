/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory map in force: where the guest sees which part of the RAM space. */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "map.h"

#define MAX_MAP_RANGES 4096u

static void map_range(struct worker *worker, MemoryRegion *alias,
                      const struct ebb_memory_range *range)
{
    bool secure = range->type & EBB_MEMORY_SECURE;
    uint64_t type = range->type & ~EBB_MEMORY_SECURE;

    memory_region_init_alias(alias, NULL, "ebb.range",
                             type == EBB_MEMORY_ROMD ? &worker->romd : &worker->ram, range->offset,
                             range->size);
    memory_region_set_readonly(alias, type == EBB_MEMORY_ROM);
    memory_region_add_subregion(secure ? &worker->secure_memory : get_system_memory(),
                                range->address, alias);
}

/* Views of memory, which RCU readers may still look at, have none of the aliases, only what they
 * stand for. */
static void unmap_all(struct worker *worker)
{
    size_t i;

    for (i = 0; i < worker->map.count; i++) {
        MemoryRegion *alias = &worker->map.aliases[i];

        memory_region_del_subregion(alias->container, alias);
        object_unparent(OBJECT(alias));
    }
    g_clear_pointer(&worker->map.aliases, g_free);
    worker->map.count = 0;
}

/*
 * QEMU frees views of memory on a thread that waits until nobody looks at them. A replay that
 * changes the map all the time would not let it get there. A drain takes some 10 ms: hence not more
 * often.
 */
#define CHANGES_KEPT 512u

void worker_map_free_old(struct worker *worker)
{
    if (worker->map.changes >= CHANGES_KEPT) {
        worker->map.changes = 0;
        drain_call_rcu();
    }
}

static int apply_ranges(struct worker *worker, const struct ebb_memory_range *ranges, size_t count,
                        struct ebb_error *error)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (!worker_memory_range_valid(&ranges[i], worker->manifest->ram_size)) {
            return ebb_fail(error, EBB_ERROR_CORRUPT,
                            "the recording maps %" PRIu64 " bytes at 0x%" PRIx64
                            " outside of its RAM",
                            ranges[i].size, ranges[i].address);
        }
        if (ranges[i].type & EBB_MEMORY_SECURE && !worker->manifest->has_secure_memory) {
            return ebb_fail(error, EBB_ERROR_CORRUPT,
                            "the recording maps secure memory at 0x%" PRIx64
                            ", but began without any",
                            ranges[i].address);
        }
    }
    worker->map.changes++;
    memory_region_transaction_begin();
    unmap_all(worker);
    worker->map.aliases = g_new0(MemoryRegion, count);
    worker->map.count = count;
    for (i = 0; i < count; i++) {
        map_range(worker, &worker->map.aliases[i], &ranges[i]);
    }
    memory_region_transaction_commit();
    return 0;
}

int worker_map_apply_event(struct worker *worker, const struct ebb_event *event, uint64_t number,
                           struct ebb_error *error)
{
    size_t count = event->data_length / sizeof(struct ebb_memory_range);
    g_autofree struct ebb_memory_range *ranges = g_new0(struct ebb_memory_range, count + 1);
    size_t i;

    if (event->data_length % sizeof(struct ebb_memory_range) || count > MAX_MAP_RANGES) {
        return ebb_fail(error, EBB_ERROR_CORRUPT, "event %" PRIu64 " is not a memory map", number);
    }
    for (i = 0; i < count; i++) {
        const uint8_t *data = event->data + i * sizeof(struct ebb_memory_range);

        ranges[i].address = ldq_le_p(data);
        ranges[i].size = ldq_le_p(data + 8);
        ranges[i].offset = ldq_le_p(data + 16);
        ranges[i].type = ldq_le_p(data + 24);
    }
    if (apply_ranges(worker, ranges, count, error)) {
        return -1;
    }
    worker->map.event_number = number + 1;
    return 0;
}

void worker_map_init(struct worker *worker)
{
    worker->map.known = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    if (worker->manifest->has_secure_memory) {
        memory_region_init(&worker->secure_memory, NULL, "ebb.secure", UINT64_MAX);
    }
    /* The manifest's ranges were checked when it was read. */
    apply_ranges(worker, worker->manifest->map, worker->manifest->map_count, NULL);
}

int worker_map_restore(struct worker *worker, uint64_t map_event, struct ebb_error *error)
{
    struct ebb_event event;
    struct ebb_cursor *cursor;
    int result = -1;

    if (map_event == worker->map.event_number) {
        return 0;
    }
    if (map_event == 0) {
        worker->map.event_number = 0;
        return apply_ranges(worker, worker->manifest->map, worker->manifest->map_count, error);
    }
    cursor = ebb_cursor_new(worker->events.log, error);
    if (cursor && !ebb_cursor_seek_event(cursor, map_event - 1, error) &&
        ebb_cursor_next(cursor, &event, error) == 1) {
        result = worker_map_apply_event(worker, &event, map_event - 1, error);
    }
    ebb_cursor_free(cursor);
    return result;
}

/* Notes the numbers of all memory map events below a number. Most logs have none, which the headers
 * of their blocks tell. */
static int scan_maps(struct worker *worker, uint64_t event_number, struct ebb_error *error)
{
    struct worker_map *map = &worker->map;
    struct ebb_cursor *cursor;
    struct ebb_log_summary summary;
    int result;

    /* What a flight recorder has dropped is not needed: the first keyframe has its map before it.
     */
    ebb_log_summary(worker->events.log, &summary);
    map->scanned = MAX(map->scanned, summary.first_event);
    cursor = ebb_cursor_new(worker->events.log, error);
    result = cursor ? 1 : -1;
    while (result > 0 && map->scanned < event_number) {
        result =
            ebb_cursor_seek_kind(cursor, EBB_EVENT_MEMORY_MAP, map->scanned, event_number, error);
        if (result >= 0) {
            map->scanned = result ? ebb_cursor_event_number(cursor) + 1 : event_number;
        }
        if (result > 0) {
            uint64_t number = map->scanned - 1;

            g_array_append_val(map->known, number);
        }
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

int worker_map_restore_before(struct worker *worker, uint64_t event_number, struct ebb_error *error)
{
    uint64_t map_event = 0;
    guint i;

    if (scan_maps(worker, event_number, error) < 0) {
        return -1;
    }
    for (i = 0; i < worker->map.known->len; i++) {
        uint64_t number = g_array_index(worker->map.known, uint64_t, i);

        if (number < event_number) {
            map_event = number + 1;
        }
    }
    return worker_map_restore(worker, map_event, error);
}

uint64_t worker_map_offset(struct worker *worker, uint64_t address, MemTxAttrs attrs)
{
    CPUState *cpu = CPU(worker->cpu);
    AddressSpace *as = cpu_get_address_space(cpu, cpu_asidx_from_attrs(cpu, attrs));
    hwaddr offset, length = 1;
    MemoryRegion *region;

    RCU_READ_LOCK_GUARD();
    region = address_space_translate(as, address, &offset, &length, false, attrs);
    return region == &worker->ram || region == &worker->romd ? offset : UINT64_MAX;
}
