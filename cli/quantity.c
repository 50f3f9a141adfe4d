/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quantity.h"

#include "options.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum quantity_unit unit;
    unsigned long long factor;
} suffixes[] = {
    {"", QUANTITY_INSTRUCTIONS, 1},
    {"K", QUANTITY_INSTRUCTIONS, 1000},
    {"M", QUANTITY_INSTRUCTIONS, 1000000},
    {"G", QUANTITY_INSTRUCTIONS, 1000000000},
    {"T", QUANTITY_INSTRUCTIONS, 1000000000000},
    {"us", QUANTITY_MICROSECONDS, 1},
    {"ms", QUANTITY_MICROSECONDS, 1000},
    {"s", QUANTITY_MICROSECONDS, 1000000},
    {"min", QUANTITY_MICROSECONDS, 60000000},
    {"h", QUANTITY_MICROSECONDS, 3600000000},
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

static const struct {
    enum quantity_unit unit;
    const char *examples;
} kinds[] = {
    {QUANTITY_MICROSECONDS, "a time (100us, 500ms, 60s, 5min, 1h)"},
    {QUANTITY_BYTES, "bytes (500MB, 2GiB)"},
    {QUANTITY_INSTRUCTIONS, "instructions (1_000_000, 500M)"},
};

static int refuse(const char *text, const char *what, unsigned units, struct ebb_error *error)
{
    char choice[200] = "";
    size_t length = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (units & kinds[i].unit) {
            units &= ~(unsigned)kinds[i].unit;
            length += (size_t)snprintf(choice + length, sizeof(choice) - length, "%s%s",
                                       length == 0 ? ""
                                       : units     ? ", "
                                                   : " or ",
                                       kinds[i].examples);
        }
    }
    return ebb_fail(error, EBB_ERROR_USAGE, "%s cannot be \"%s\"; write %s", what, text, choice);
}

int quantity_parse(const char *text, const char *what, unsigned units, struct quantity *quantity,
                   struct ebb_error *error)
{
    size_t digits = strspn(text, "0123456789_");
    char number[40];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        unsigned long long count;

        if (digits == 0 || digits >= sizeof(number) ||
            strcmp(text + digits, suffixes[i].name) != 0) {
            continue;
        }
        snprintf(number, sizeof(number), "%.*s", (int)digits, text);
        if (options_number(number, what, ~0ull / suffixes[i].factor, &count, error) < 0) {
            return -1;
        }
        quantity->unit = suffixes[i].unit;
        quantity->value = count * suffixes[i].factor;
        if (units & quantity->unit || (count == 0 && *suffixes[i].name == '\0')) {
            return 0;
        }
    }
    return refuse(text, what, units, error);
}

unsigned long long quantity_milliseconds(const struct quantity *time)
{
    return time->value / 1000 + (time->value % 1000 != 0);
}
