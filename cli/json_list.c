/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_list.h"

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

void json_list_begin(struct json_list *list, FILE *out)
{
    *list = (struct json_list){.out = out};
    fputs("[", out);
}

/* Writes a document in one piece, which its parts would be many of. That it cannot be written is
 * for who looks at the file's errors (cli/main.c), as of any text. Takes the reference. */
static int write_document(FILE *out, const char *before, json_t *document, size_t flags,
                          struct ebb_error *error)
{
    char *text = document ? json_dumps(document, flags) : NULL;

    json_decref(document);
    if (!text) {
        return ebb_fail_memory(error);
    }
    fputs(before, out);
    fputs(text, out);
    free(text);
    return 0;
}

int json_list_add(struct json_list *list, json_t *element, struct ebb_error *error)
{
    return write_document(list->out, list->count++ ? ",\n" : "\n", element, JSON_COMPACT, error);
}

void json_list_end(struct json_list *list)
{
    fputs(list->count ? "\n]\n" : "]\n", list->out);
}

int json_print(FILE *out, json_t *document, struct ebb_error *error)
{
    int status = write_document(out, "", document, JSON_INDENT(2), error);

    fputc('\n', out);
    return status;
}

json_t *json_printable(const void *bytes, size_t length)
{
    char *text = text_printable(bytes, length);
    json_t *string = text ? json_string(text) : NULL;

    free(text);
    return string;
}

json_t *json_hexadecimal(uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, number);
    return json_string(text);
}

json_t *json_unsigned(unsigned long long number)
{
    return number <= LLONG_MAX ? json_integer((json_int_t)number) : json_hexadecimal(number);
}

int json_read_number(const json_t *value, uint64_t *number)
{
    const char *text = json_string_value(value);
    char *end;

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *number = (uint64_t)json_integer_value(value);
        return 0;
    }
    if (!text || strncmp(text, "0x", 2) != 0 || !strchr("0123456789abcdefABCDEF", text[2]) ||
        !text[2]) {
        return -1;
    }
    errno = 0;
    *number = strtoull(text, &end, 16);
    return *end != '\0' || errno ? -1 : 0;
}
