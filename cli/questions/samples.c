/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include "cli/text.h"

#include <string.h>

#define LOOKS 10000u
#define UNKNOWN "[unknown]"
#define UNKNOWN_USER "[user]"

uint64_t samples_distance(const struct timeline_scan *scan)
{
    uint64_t distance = (scan->to - scan->from) / LOOKS;

    return distance + (distance == 0);
}

char *samples_function(struct symbols *symbols, uint64_t address, bool user)
{
    struct symbols_location location = {0};

    if (symbols) {
        symbols_find(symbols, address, &location);
    }
    return location.function ? text_printable(location.function, strlen(location.function))
                             : strdup(user ? UNKNOWN_USER : UNKNOWN);
}
