/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

const char *rsp_scan_number(const char *text, int base, uint64_t *number)
{
    char *rest;

    if (text[0] < '0' || text[0] > '9') {
        return NULL;
    }
    errno = 0;
    *number = strtoull(text, &rest, base);
    return errno ? NULL : rest;
}

int rsp_parse_number(const char *word, uint64_t *number, struct ebb_error *error)
{
    const char *rest = rsp_scan_number(word, 10, number);

    return rest && !*rest ? 0 : ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is no number", word);
}
