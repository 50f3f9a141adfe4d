/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts of guest history, as users write them: 60s, 500M (instructions), 2GiB; and other times.
 */
#ifndef EBB_CLI_QUANTITY_H
#define EBB_CLI_QUANTITY_H

#include "log/error.h"

/* Bits of a set. */
enum quantity_unit {
    QUANTITY_INSTRUCTIONS = 1 << 0,
    QUANTITY_MICROSECONDS = 1 << 1,
    QUANTITY_BYTES = 1 << 2,
};

struct quantity {
    enum quantity_unit unit;
    unsigned long long value;
};

/*
 * Reads a whole number and its unit: us, ms, s, min, h (time); B, kB, MB, GB, TB, KiB, MiB, GiB,
 * TiB (bytes); none, K, M, G, T (instructions, powers of 1000). Other units than those of the set
 * are refused, but a plain 0 is not: it is no instructions. what names the option in the message.
 */
int quantity_parse(const char *text, const char *what, unsigned units, struct quantity *quantity,
                   struct ebb_error *error);

/* A time in whole milliseconds, rounded up. */
unsigned long long quantity_milliseconds(const struct quantity *time);

#endif
