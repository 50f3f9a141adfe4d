/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quantity.h"

#include "options.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum quantity_unit unit;
    unsigned long long factor;
} units[] = {
    {"", QUANTITY_INSTRUCTIONS, 1},
    {"K", QUANTITY_INSTRUCTIONS, 1000},
    {"M", QUANTITY_INSTRUCTIONS, 1000000},
    {"G", QUANTITY_INSTRUCTIONS, 1000000000},
    {"T", QUANTITY_INSTRUCTIONS, 1000000000000},
    {"ms", QUANTITY_MILLISECONDS, 1},
    {"s", QUANTITY_MILLISECONDS, 1000},
    {"min", QUANTITY_MILLISECONDS, 60000},
    {"h", QUANTITY_MILLISECONDS, 3600000},
    {"B", QUANTITY_BYTES, 1},
    {"kB", QUANTITY_BYTES, 1000},
    {"MB", QUANTITY_BYTES, 1000000},
    {"GB", QUANTITY_BYTES, 1000000000},
    {"TB", QUANTITY_BYTES, 1000000000000},
    {"KiB", QUANTITY_BYTES, 1ull << 10},
    {"MiB", QUANTITY_BYTES, 1ull << 20},
    {"GiB", QUANTITY_BYTES, 1ull << 30},
    {"TiB", QUANTITY_BYTES, 1ull << 40},
};

int quantity_parse(const char *text, const char *what, struct quantity *quantity,
                   struct ebb_error *error)
{
    size_t digits = strspn(text, "0123456789_");
    char number[40];

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        unsigned long long count;

        if (digits == 0 || digits >= sizeof(number) || strcmp(text + digits, units[i].name) != 0) {
            continue;
        }
        snprintf(number, sizeof(number), "%.*s", (int)digits, text);
        if (options_number(number, what, ~0ull / units[i].factor, &count, error) < 0) {
            return -1;
        }
        quantity->unit = units[i].unit;
        quantity->value = count * units[i].factor;
        return 0;
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "%s: \"%s\" is no amount; write a time (500ms, 60s, 5min, 1h), bytes (500MB, "
                    "2GiB), or instructions (1_000_000, 500M)",
                    what, text);
}
