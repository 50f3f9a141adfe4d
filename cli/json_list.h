/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A JSON array that is written element by element, one to a line: a whole document for a parser,
 * and lines for grep. Nothing of it is kept in memory.
 */
#ifndef EBB_CLI_JSON_LIST_H
#define EBB_CLI_JSON_LIST_H

#include "log/error.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct json_list {
    FILE *out;
    unsigned long long count;
};

void json_list_begin(struct json_list *list, FILE *out);
/* Takes the reference to element; NULL means that it could not be made for lack of memory, which is
 * the only error: that it cannot be written is told by ferror(out), as of other text. */
int json_list_add(struct json_list *list, json_t *element, struct ebb_error *error);
void json_list_end(struct json_list *list);

/* Writes one document, indented, and a newline. Takes the reference, as above. */
int json_print(FILE *out, json_t *document, struct ebb_error *error);

/* A JSON string of bytes that may be anything (text.h); NULL when out of memory. */
json_t *json_printable(const void *bytes, size_t length);

/* A string of hexadecimal digits behind 0x. */
json_t *json_hexadecimal(uint64_t number);

/* An integer; JSON's are signed, so what does not fit becomes a hexadecimal string. */
json_t *json_unsigned(unsigned long long number);

/* An address or size: an integer, or a string of hexadecimal digits behind 0x. Returns 0, or -1. */
int json_read_number(const json_t *value, uint64_t *number);

#endif
