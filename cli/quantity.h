/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts of guest history, as users write them: 60s, 500M (instructions), 2GiB. */
#ifndef EBB_CLI_QUANTITY_H
#define EBB_CLI_QUANTITY_H

#include "log/error.h"

enum quantity_unit { QUANTITY_INSTRUCTIONS, QUANTITY_MILLISECONDS, QUANTITY_BYTES };

struct quantity {
    enum quantity_unit unit;
    unsigned long long value;
};

/*
 * Reads a whole number and its unit: ms, s, min, h (time); B, kB, MB, GB, TB, KiB, MiB, GiB, TiB
 * (bytes); none, K, M, G, T (instructions, powers of 1000). what names the thing in the message.
 */
int quantity_parse(const char *text, const char *what, struct quantity *quantity,
                   struct ebb_error *error);

#endif
