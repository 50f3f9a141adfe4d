/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_bytes.h"

#include <string.h>

#define DATA_MAX 64u /* bytes of memory: of what was accessed, and of a load */
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

/* Writing. */

static void add_numbers(struct ebb_buffer *rows, const uint64_t *numbers, size_t count, size_t most)
{
    count = count < most ? count : most;
    ebb_buffer_add_varint(rows, count);
    for (size_t i = 0; i < count; i++) {
        ebb_buffer_add_varint(rows, numbers[i]);
    }
}

/* Memory is preceded by its length, and that by whether there is any. */
static void add_data(struct ebb_buffer *rows, const struct timeline_row *row)
{
    size_t size = row->data_size < DATA_MAX ? row->data_size : DATA_MAX;

    ebb_buffer_add_varint(rows, row->before ? size + 1 : 0);
    if (row->before) {
        ebb_buffer_add(rows, row->before, size);
        ebb_buffer_add(rows, row->after, size);
    }
}

static void add_loads(struct ebb_buffer *rows, const struct timeline_row *row,
                      const struct timeline_scan *scan)
{
    ebb_buffer_add_varint(rows, scan->load_count);
    for (unsigned i = 0; i < scan->load_count; i++) {
        size_t length = row->loads[i] ? scan->loads[i].length : 0;

        ebb_buffer_add_varint(rows, length);
        ebb_buffer_add(rows, row->loads[i], length);
    }
}

int row_bytes_add(struct ebb_buffer *rows, const struct timeline_row *row,
                  const struct timeline_scan *scan, struct ebb_error *error)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        ebb_buffer_add_varint(rows, get(row, &members[i]));
    }
    add_numbers(rows, row->registers, row->register_count, 32);
    add_numbers(rows, row->frames, row->frame_count, 64);
    add_data(rows, row);
    add_loads(rows, row, scan);
    ebb_buffer_add_varint(rows, row->code_size);
    ebb_buffer_add(rows, row->code, row->code_size);
    return rows->failed ? ebb_fail_memory(error) : 0;
}

/* Reading. */

/* A number of at most that. */
static uint64_t take_number(struct ebb_span *rows, uint64_t most)
{
    uint64_t number = ebb_span_varint(rows);

    rows->failed |= number > most;
    return rows->failed ? 0 : number;
}

static size_t take_numbers(struct ebb_span *rows, uint64_t *numbers, size_t most)
{
    size_t count = take_number(rows, most);

    for (size_t i = 0; i < count && !rows->failed; i++) {
        numbers[i] = take_number(rows, UINT64_MAX);
    }
    return count;
}

static void take_data(struct ebb_span *rows, struct timeline_row *row)
{
    size_t size = take_number(rows, DATA_MAX + 1);

    if (size) {
        row->data_size = size - 1;
        row->before = ebb_span_take(rows, row->data_size);
        row->after = ebb_span_take(rows, row->data_size);
    }
}

static void take_loads(struct ebb_span *rows, struct row_read *read)
{
    read->load_count = (unsigned)take_number(rows, TIMELINE_LOADS);
    for (unsigned i = 0; i < read->load_count && !rows->failed; i++) {
        read->load_lengths[i] = (unsigned)take_number(rows, DATA_MAX);
        read->row.loads[i] =
            read->load_lengths[i] ? ebb_span_take(rows, read->load_lengths[i]) : NULL;
    }
}

bool row_bytes_read(struct ebb_span *rows, struct row_read *read)
{
    struct timeline_row *row = &read->row;

    *row = (struct timeline_row){.registers = read->registers, .frames = read->frames};
    for (size_t i = 0; i < MEMBERS && !rows->failed; i++) {
        if (!set(row, &members[i], take_number(rows, UINT64_MAX))) {
            rows->failed = true;
        }
    }
    row->register_count = take_numbers(rows, read->registers, 32);
    row->frame_count = take_numbers(rows, read->frames, 64);
    take_data(rows, row);
    take_loads(rows, read);
    row->code_size = take_number(rows, CODE_MAX);
    row->code = row->code_size ? ebb_span_take(rows, row->code_size) : NULL;
    return !rows->failed && row->exception < TIMELINE_EXCEPTIONS;
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
