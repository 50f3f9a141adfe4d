/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locations.h"

#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#define LOCATION_SIZE 1024u

/* Instructions that follow each other get places that do. */
static struct location *place_of(struct locations *locations, uint64_t address)
{
    return &locations->kept[address / 2 % LOCATIONS];
}

const char *locations_find(struct locations *locations, uint64_t address)
{
    struct location *place = place_of(locations, address);
    char where[LOCATION_SIZE] = "";

    if (!locations->symbols) {
        return "";
    }
    if (!place->text || place->address != address) {
        symbols_describe(locations->symbols, address, where, sizeof(where));
        free(place->text);
        place->text = text_printable(where, strlen(where));
        place->address = address;
    }
    return place->text;
}

void locations_set(struct locations *locations, json_t *object, uint64_t address)
{
    const char *where = locations_find(locations, address);

    if (where && *where) {
        json_object_set_new(object, "location", json_string(where));
    }
}

void locations_free(struct locations *locations)
{
    for (unsigned i = 0; i < LOCATIONS; i++) {
        free(locations->kept[i].text);
    }
    *locations = (struct locations){0};
}
