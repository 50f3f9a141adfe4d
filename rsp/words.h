/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of "monitor" commands stand for. Numbers have no sign, and fit in 64 bits. */
#ifndef EBB_RSP_WORDS_H
#define EBB_RSP_WORDS_H

#include "log/error.h"

#include <stdint.h>

/* Where the text goes on behind the number that it begins with; NULL: it begins with none. base is
 * 10, or 0 for what C calls a constant. */
const char *rsp_scan_number(const char *text, int base, uint64_t *number);

/* The whole word is a number in decimal digits. */
int rsp_parse_number(const char *word, uint64_t *number, struct ebb_error *error);

#endif
