/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_bytes.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 10u /* bytes of a number: seven bits in each, the least first */
#define DATA_MAX 64u   /* bytes of memory: of what was accessed, and of a load */
#define CODE_MAX 4u

/* Members that are numbers, in the order in which they are there. */
static const struct member {
    size_t offset, size;
} members[] = {
#define MEMBER(name)                                                                               \
    {                                                                                              \
        offsetof(struct timeline_row, name), sizeof(((struct timeline_row *)0)->name)              \
    }
    MEMBER(position),       MEMBER(kind),         MEMBER(inside),    MEMBER(write),
    MEMBER(by_device),      MEMBER(by_reset),     MEMBER(address),   MEMBER(data_address),
    MEMBER(data_length),    MEMBER(pc),           MEMBER(stack),     MEMBER(space),
    MEMBER(from_pc),        MEMBER(mode),         MEMBER(tables[0]), MEMBER(tables[1]),
    MEMBER(context_id),     MEMBER(exception),    MEMBER(level),     MEMBER(to_mode),
    MEMBER(syndrome),       MEMBER(fault_status), MEMBER(fault),     MEMBER(site),
    MEMBER(return_address), MEMBER(call),         MEMBER(state),     MEMBER(big_endian),
#undef MEMBER
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))
/* The most that a row takes. */
#define ROW_MAX                                                                                    \
    ((MEMBERS + 32 + 64 + TIMELINE_LOADS + 6) * NUMBER_MAX + (2 + TIMELINE_LOADS) * DATA_MAX +     \
     CODE_MAX)

static uint64_t get(const struct timeline_row *row, const struct member *member)
{
    const char *from = (const char *)row + member->offset;
    uint64_t wide;
    uint32_t narrow;

    if (member->size == sizeof(wide)) {
        memcpy(&wide, from, sizeof(wide));
        return wide;
    }
    if (member->size == sizeof(narrow)) {
        memcpy(&narrow, from, sizeof(narrow));
        return narrow;
    }
    return *(const bool *)from;
}

static bool set(struct timeline_row *row, const struct member *member, uint64_t number)
{
    char *to = (char *)row + member->offset;
    const uint32_t narrow = (uint32_t)number;

    if (member->size == sizeof(number)) {
        memcpy(to, &number, sizeof(number));
        return true;
    }
    if (member->size == sizeof(narrow)) {
        memcpy(to, &narrow, sizeof(narrow));
        return number <= UINT32_MAX;
    }
    *(bool *)to = number & 1;
    return number <= 1;
}

/* Writing. There is room. */

static void put_number(struct row_bytes *rows, uint64_t number)
{
    for (; number >> 7; number >>= 7) {
        rows->bytes[rows->size++] = (uint8_t)(number | 0x80);
    }
    rows->bytes[rows->size++] = (uint8_t)number;
}

static void put_bytes(struct row_bytes *rows, const uint8_t *bytes, size_t count)
{
    if (count) {
        memcpy(rows->bytes + rows->size, bytes, count);
        rows->size += count;
    }
}

static void put_numbers(struct row_bytes *rows, const uint64_t *numbers, size_t count, size_t most)
{
    count = count < most ? count : most;
    put_number(rows, count);
    for (size_t i = 0; i < count; i++) {
        put_number(rows, numbers[i]);
    }
}

/* Memory is preceded by its length, and that by whether there is any. */
static void put_data(struct row_bytes *rows, const struct timeline_row *row)
{
    size_t size = row->data_size < DATA_MAX ? row->data_size : DATA_MAX;

    put_number(rows, row->before ? size + 1 : 0);
    if (row->before) {
        put_bytes(rows, row->before, size);
        put_bytes(rows, row->after, size);
    }
}

static void put_loads(struct row_bytes *rows, const struct timeline_row *row,
                      const struct timeline_scan *scan)
{
    put_number(rows, scan->load_count);
    for (unsigned i = 0; i < scan->load_count; i++) {
        size_t length = row->loads[i] ? scan->loads[i].length : 0;

        put_number(rows, length);
        put_bytes(rows, row->loads[i], length);
    }
}

static int reserve(struct row_bytes *rows, struct ebb_error *error)
{
    size_t capacity = 2 * rows->capacity + ROW_MAX;
    uint8_t *bytes;

    if (rows->capacity - rows->size >= ROW_MAX) {
        return 0;
    }
    bytes = realloc(rows->bytes, capacity);
    if (!bytes) {
        return ebb_fail_memory(error);
    }
    rows->bytes = bytes;
    rows->capacity = capacity;
    return 0;
}

int row_bytes_add(struct row_bytes *rows, const struct timeline_row *row,
                  const struct timeline_scan *scan, struct ebb_error *error)
{
    if (reserve(rows, error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        put_number(rows, get(row, &members[i]));
    }
    put_numbers(rows, row->registers, row->register_count, 32);
    put_numbers(rows, row->frames, row->frame_count, 64);
    put_data(rows, row);
    put_loads(rows, row, scan);
    put_number(rows, row->code_size);
    put_bytes(rows, row->code, row->code_size);
    return 0;
}

void row_bytes_free(struct row_bytes *rows)
{
    free(rows->bytes);
    *rows = (struct row_bytes){0};
}

/* Reading. */

struct reader {
    const uint8_t *bytes;
    size_t size, at;
    bool bad;
};

/* A number of at most that. */
static uint64_t take_number(struct reader *reader, uint64_t most)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < NUMBER_MAX && reader->at < reader->size; i++) {
        uint8_t byte = reader->bytes[reader->at++];

        if (i + 1 == NUMBER_MAX && byte > 1) {
            break;
        }
        number |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (!(byte & 0x80)) {
            reader->bad |= number > most;
            return number > most ? 0 : number;
        }
    }
    reader->bad = true;
    return 0;
}

/* NULL if there are not as many. */
static const uint8_t *take_bytes(struct reader *reader, size_t count)
{
    const uint8_t *bytes = reader->bytes + reader->at;

    if (reader->bad || reader->size - reader->at < count) {
        reader->bad = true;
        return NULL;
    }
    reader->at += count;
    return bytes;
}

static size_t take_numbers(struct reader *reader, uint64_t *numbers, size_t most)
{
    size_t count = take_number(reader, most);

    for (size_t i = 0; i < count && !reader->bad; i++) {
        numbers[i] = take_number(reader, UINT64_MAX);
    }
    return count;
}

static void take_data(struct reader *reader, struct timeline_row *row)
{
    size_t size = take_number(reader, DATA_MAX + 1);

    if (size) {
        row->data_size = size - 1;
        row->before = take_bytes(reader, row->data_size);
        row->after = take_bytes(reader, row->data_size);
    }
}

static void take_loads(struct reader *reader, struct row_read *read)
{
    read->load_count = (unsigned)take_number(reader, TIMELINE_LOADS);
    for (unsigned i = 0; i < read->load_count && !reader->bad; i++) {
        read->load_lengths[i] = (unsigned)take_number(reader, DATA_MAX);
        read->row.loads[i] =
            read->load_lengths[i] ? take_bytes(reader, read->load_lengths[i]) : NULL;
    }
}

bool row_bytes_read(const uint8_t *bytes, size_t size, size_t *at, struct row_read *read)
{
    struct reader reader = {.bytes = bytes, .size = size, .at = *at};
    struct timeline_row *row = &read->row;

    *row = (struct timeline_row){.registers = read->registers, .frames = read->frames};
    for (size_t i = 0; i < MEMBERS && !reader.bad; i++) {
        reader.bad |= !set(row, &members[i], take_number(&reader, UINT64_MAX));
    }
    row->register_count = take_numbers(&reader, read->registers, 32);
    row->frame_count = take_numbers(&reader, read->frames, 64);
    take_data(&reader, row);
    take_loads(&reader, read);
    row->code_size = take_number(&reader, CODE_MAX);
    row->code = row->code_size ? take_bytes(&reader, row->code_size) : NULL;
    *at = reader.at;
    return !reader.bad && row->exception < TIMELINE_EXCEPTIONS;
}

bool row_has_loads_of(const struct row_read *read, const struct timeline_scan *scan)
{
    for (unsigned i = 0; i < read->load_count; i++) {
        if (read->load_lengths[i] && read->load_lengths[i] != scan->loads[i].length) {
            return false;
        }
    }
    return read->load_count == scan->load_count;
}
