/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "events.h"
#include "map.h"
#include "ram_space.h"

struct recorder_map {
    struct recorder_session *session;
    struct ebb_memory_range *ranges; /* as last logged */
    size_t count;
    MemoryListener listener;
    RAMBlockNotifier ram_notifier;
};

void recorder_map_append(struct recorder_session *session)
{
    const struct recorder_map *map = session->map;
    g_autofree uint8_t *data = g_malloc(32 * map->count);
    struct ebb_event event = {
        .kind = EBB_EVENT_MEMORY_MAP,
        .data = data,
        .data_length = 32 * map->count,
    };
    size_t i;

    for (i = 0; i < map->count; i++) {
        const struct ebb_memory_range *range = &map->ranges[i];

        stq_le_p(data + 32 * i, range->address);
        stq_le_p(data + 32 * i + 8, range->size);
        stq_le_p(data + 32 * i + 16, range->offset);
        stq_le_p(data + 32 * i + 24, range->type);
    }
    recorder_events_effect(session, &event);
}

static void committed(MemoryListener *listener)
{
    struct recorder_map *map = container_of(listener, struct recorder_map, listener);
    struct ebb_memory_range *ranges;
    size_t count;

    if (!recorder_state_is_recording(map->session)) {
        return;
    }
    ranges = recorder_ram_space_map(map->session->space, map->session->cpu, &count);
    if (count == map->count && !memcmp(ranges, map->ranges, count * sizeof(*ranges))) {
        g_free(ranges);
        return;
    }
    g_free(map->ranges);
    map->ranges = ranges;
    map->count = count;
    recorder_map_append(map->session);
}

static void ram_added(RAMBlockNotifier *notifier, void *host, size_t size, size_t max_size)
{
    struct recorder_map *map = container_of(notifier, struct recorder_map, ram_notifier);

    if (recorder_state_is_recording(map->session)) {
        recorder_state_fail(map->session,
                            "cannot record memory that is plugged in while the guest runs");
    }
}

const struct ebb_memory_range *recorder_map_ranges(const struct recorder_session *session,
                                                   size_t *count)
{
    *count = session->map->count;
    return session->map->ranges;
}

void recorder_map_start(struct recorder_session *session)
{
    struct recorder_map *map = session->map = g_new0(struct recorder_map, 1);

    map->session = session;
    map->ranges = recorder_ram_space_map(session->space, session->cpu, &map->count);
    map->listener.name = "ebb-recorder";
    map->listener.commit = committed;
    memory_listener_register(&map->listener, &address_space_memory);
    map->ram_notifier.ram_block_added = ram_added;
    ram_block_notifier_add(&map->ram_notifier);
}

void recorder_map_stop(struct recorder_session *session)
{
    struct recorder_map *map = session->map;

    memory_listener_unregister(&map->listener);
    ram_block_notifier_remove(&map->ram_notifier);
    g_free(map->ranges);
    g_free(map);
    session->map = NULL;
}
