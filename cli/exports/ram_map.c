/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ram_map.h"

#include "cli/json_list.h"

#include "log/buffer.h"

#include <stdlib.h>

#define RANGE_SIZE 32u /* bytes of one in an event */

static int make_room(struct ram_map *map, size_t count, struct ebb_error *error)
{
    struct ebb_memory_range *ranges = calloc(count + 1, sizeof(*ranges));

    if (!ranges) {
        return ebb_fail_memory(error);
    }
    free(map->ranges);
    map->ranges = ranges;
    map->count = count;
    return 0;
}

int ram_map_read(struct ram_map *map, const struct manifest *manifest, struct ebb_error *error)
{
    const json_t *list = json_object_get(manifest->root, "memory_map"), *entry;
    size_t i;

    if (make_room(map, json_array_size(list), error) < 0) {
        return -1;
    }
    json_array_foreach(list, i, entry)
    {
        struct ebb_memory_range *range = &map->ranges[i];

        if (json_read_number(json_object_get(entry, "address"), &range->address) < 0 ||
            json_read_number(json_object_get(entry, "size"), &range->size) < 0 ||
            json_read_number(json_object_get(entry, "offset"), &range->offset) < 0) {
            *range = (struct ebb_memory_range){0};
        }
    }
    return 0;
}

int ram_map_change(struct ram_map *map, const struct ebb_event *event, struct ebb_error *error)
{
    if (make_room(map, event->data_length / RANGE_SIZE, error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < map->count; i++) {
        const uint8_t *bytes = event->data + RANGE_SIZE * i;

        map->ranges[i] = (struct ebb_memory_range){
            .address = ebb_get_le64(bytes),
            .size = ebb_get_le64(bytes + 8),
            .offset = ebb_get_le64(bytes + 16),
        };
    }
    return 0;
}

void ram_map_free(struct ram_map *map)
{
    free(map->ranges);
}

bool ram_map_find(const struct ram_map *map, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct ebb_memory_range *range = &map->ranges[i];

        if (address >= range->address && address - range->address < range->size) {
            *offset = range->offset + (address - range->address);
            return true;
        }
    }
    return false;
}
