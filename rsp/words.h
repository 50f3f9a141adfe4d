/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of "monitor" commands stand for. Numbers have no sign, and fit in 64 bits. */
#ifndef EBB_RSP_WORDS_H
#define EBB_RSP_WORDS_H

#include "log/error.h"
#include "replay/timeline/timeline.h"

#include <stdint.h>

/* Where the text goes on behind the number that it begins with; NULL: it begins with none. base is
 * 10, or 0 for what C calls a constant. */
const char *rsp_scan_number(const char *text, int base, uint64_t *number);

/* The whole word is a number in decimal digits. */
int rsp_parse_number(const char *word, uint64_t *number, struct ebb_error *error);

/* The whole word is an address, in any of C's ways. */
int rsp_parse_address(const char *word, uint64_t *address, struct ebb_error *error);

/* Memory: ADDRESS[,LENGTH]. place->length stays what it is where none is given. */
struct rsp_place {
    uint64_t address;
    uint64_t length; /* bytes: 1 to 1 MiB, none of them beyond the last address; 0: code */
};
int rsp_parse_place(const char *word, struct rsp_place *place, struct ebb_error *error);

/* What is looked for at a place: execute, write, read, access, and physical- before the last three.
 */
int rsp_parse_kind(const char *word, enum timeline_breakpoint_kind *kind, struct ebb_error *error);
const char *rsp_kind_name(enum timeline_breakpoint_kind kind);

#endif
