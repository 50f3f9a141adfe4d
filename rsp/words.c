/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MAX = 1 << 20 };

static const struct {
    const char *name;
    enum timeline_breakpoint_kind kind;
} kinds[] = {
    {"execute", TIMELINE_BREAK_EXECUTE},
    {"write", TIMELINE_WATCH_WRITE},
    {"read", TIMELINE_WATCH_READ},
    {"access", TIMELINE_WATCH_ACCESS},
    {"physical-write", TIMELINE_WATCH_PHYSICAL_WRITE},
    {"physical-read", TIMELINE_WATCH_PHYSICAL_READ},
    {"physical-access", TIMELINE_WATCH_PHYSICAL_ACCESS},
};

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

int rsp_parse_address(const char *word, uint64_t *address, struct ebb_error *error)
{
    const char *rest = rsp_scan_number(word, 0, address);

    return rest && !*rest ? 0 : ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is no address", word);
}

int rsp_parse_place(const char *word, struct rsp_place *place, struct ebb_error *error)
{
    const char *rest = rsp_scan_number(word, 0, &place->address);

    if (rest && *rest == ',') {
        rest = rsp_scan_number(rest + 1, 0, &place->length);
    }
    if (!rest || *rest) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "'%.40s' is no place; give an address and a length as 0x40001000,8; the "
                        "length may be left out",
                        word);
    }
    if (place->length == 0 || place->length > LENGTH_MAX ||
        place->length - 1 > UINT64_MAX - place->address) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "'%.40s' does not fit: a length is 1 byte to 1 MiB, and ends with the last "
                        "address",
                        word);
    }
    return 0;
}

int rsp_parse_kind(const char *word, enum timeline_breakpoint_kind *kind, struct ebb_error *error)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(word, kinds[i].name)) {
            *kind = kinds[i].kind;
            return 0;
        }
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "'%.40s' is none of execute, write, read, access, physical-write, "
                    "physical-read and physical-access",
                    word);
}

const char *rsp_kind_name(enum timeline_breakpoint_kind kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].name;
        }
    }
    return "?";
}
