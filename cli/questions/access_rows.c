/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "access_rows.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define LENGTH_BY_DEFAULT 4 /* bytes: as of the accesses in ebb shell */
#define LENGTH_MAX (1u << 20)

const char *access_row_who(const struct timeline_row *row)
{
    return row->by_reset ? "reset" : row->by_device ? "device" : "cpu";
}

static const char *name_of(const struct timeline_row *row)
{
    return row->kind == TIMELINE_ROW_EXECUTE ? "execute" : row->write ? "write" : "read";
}

/* A number if the bytes are one of the CPU's sizes, else the bytes; of little-endian data. */
static char *value(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    char *text;

    if (!bytes) {
        return calloc(1, 1);
    }
    if (size > 8 || size & (size - 1)) {
        return text_hex(bytes, size, size);
    }
    for (size_t i = size; i > 0; i--) {
        number = number << 8 | bytes[i - 1];
    }
    return asprintf(&text, "0x%0*" PRIx64, (int)size * 2, number) < 0 ? NULL : text;
}

int access_row_print(struct question *question, const struct timeline_row *row,
                     struct ebb_error *error)
{
    char *before = value(row->before, row->data_size), *after = value(row->after, row->data_size);
    const char *where = locations_find(&question->locations, row->pc);
    bool complete = before && after && where;

    if (complete && row->kind == TIMELINE_ROW_EXECUTE) {
        printf("%15" PRIu64 " execute", row->position);
    } else if (complete) {
        printf("%15" PRIu64 " %-5s by %-6s 0x%" PRIx64 ",%" PRIu64 " ", row->position, name_of(row),
               access_row_who(row), row->data_address, row->data_length);
        printf(row->write && row->before ? "%s -> %s" : "%s%.0s", before, after);
    }
    if (complete) {
        printf(*where ? " at 0x%" PRIx64 " %s\n" : " at 0x%" PRIx64 "\n", row->pc, where);
    }
    free(before);
    free(after);
    return complete ? 0 : ebb_fail_memory(error);
}

json_t *access_row_describe(struct question *question, const struct timeline_row *row)
{
    char *before = value(row->before, row->data_size), *after = value(row->after, row->data_size);
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:o}", "position", json_unsigned(row->position), "access",
                  name_of(row), "by", access_row_who(row), "pc", json_hexadecimal(row->pc));

    if (row->kind != TIMELINE_ROW_EXECUTE) {
        json_object_set_new(object, "address", json_hexadecimal(row->data_address));
        json_object_set_new(object, "length", json_unsigned(row->data_length));
    }
    if (row->before) {
        json_object_set_new(object, "before", json_string(before ? before : ""));
        json_object_set_new(object, "after", json_string(after ? after : ""));
    }
    locations_set(&question->locations, object, row->pc);
    free(before);
    free(after);
    return object;
}

enum timeline_breakpoint_kind access_row_kind(const char *read, const char *write,
                                              const char *physical)
{
    if (physical) {
        return !write == !read ? TIMELINE_WATCH_PHYSICAL_ACCESS
               : write         ? TIMELINE_WATCH_PHYSICAL_WRITE
                               : TIMELINE_WATCH_PHYSICAL_READ;
    }
    return !write == !read ? TIMELINE_WATCH_ACCESS
           : write         ? TIMELINE_WATCH_WRITE
                           : TIMELINE_WATCH_READ;
}

int access_row_watch(struct question *question, const char *text,
                     enum timeline_breakpoint_kind kind, struct ebb_error *error)
{
    uint64_t address, length = LENGTH_BY_DEFAULT;

    if (question_place(question, text, &address, &length, error) < 0) {
        return -1;
    }
    if (length > LENGTH_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%" PRIu64 " bytes are too many to look at; %u is the most", length,
                        LENGTH_MAX);
    }
    return timeline_add_breakpoint(question->timeline, kind, address, length, error);
}
