/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conditions.h"

#include "arguments.h"
#include "buffer.h"

#include <stdlib.h>

/* Adds the one that begins at *position, and moves behind it; there is room, since text is longer
 * than what it says. False: malformed. */
static bool parse_one(const uint8_t *text, size_t length, size_t *position,
                      struct rsp_conditions *conditions, uint64_t *size)
{
    uint8_t *to = conditions->bytes + conditions->size;

    if (text[(*position)++] != 'X' || !rsp_parse_hex(text, length, position, size) ||
        *position == length || text[(*position)++] != ',' || *size > UINT16_MAX ||
        *size > (length - *position) / 2 || !rsp_hex_decode(text + *position, *size, to + 2)) {
        return false;
    }
    to[0] = (uint8_t)(*size >> 8);
    to[1] = (uint8_t)*size;
    conditions->size += 2 + *size;
    *position += 2 * *size;
    return true;
}

bool rsp_conditions_parse(const uint8_t *text, size_t length, struct rsp_conditions **conditions)
{
    struct rsp_conditions *found = malloc(sizeof(*found) + length);
    size_t position = 0, count = 0;
    bool fits = length > 0;

    *conditions = NULL;
    if (!found) {
        return true;
    }
    found->size = 0;
    while (position < length) {
        uint64_t size;

        if (!parse_one(text, length, &position, found, &size)) {
            free(found);
            return false;
        }
        fits = fits && size <= RSP_CONDITION_LENGTH_MAX && ++count <= RSP_CONDITIONS_MAX;
    }
    if (fits) {
        *conditions = found;
    } else {
        free(found);
    }
    return true;
}
