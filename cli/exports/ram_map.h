/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in the flat space of a recording's RAM (docs/recording-format.md) what the guest sees at
 * its physical addresses is. */
#ifndef EBB_CLI_EXPORTS_RAM_MAP_H
#define EBB_CLI_EXPORTS_RAM_MAP_H

#include "cli/manifest.h"

#include "log/event.h"

#include <stdbool.h>

struct ram_map {
    struct ebb_memory_range *ranges;
    size_t count;
};

/* How it is when the recording begins. */
int ram_map_read(struct ram_map *map, const struct manifest *manifest, struct ebb_error *error);
/* How it is behind an EBB_EVENT_MEMORY_MAP. */
int ram_map_change(struct ram_map *map, const struct ebb_event *event, struct ebb_error *error);
void ram_map_free(struct ram_map *map);

/* Of several ranges at an address, in both security states, the first that the map names. */
bool ram_map_find(const struct ram_map *map, uint64_t address, uint64_t *offset);

#endif
