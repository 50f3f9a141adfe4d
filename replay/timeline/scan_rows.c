/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan_rows.h"

#include <stdlib.h>
#include <string.h>

static int reserve(struct scan_rows *rows, size_t more, struct ebb_error *error)
{
    size_t capacity = rows->capacity ? rows->capacity : 4096;
    uint8_t *bytes;

    while (capacity - rows->size < more) {
        capacity *= 2;
    }
    if (capacity == rows->capacity) {
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

static uint32_t size_of(const uint8_t *row)
{
    uint32_t size;

    memcpy(&size, row + offsetof(struct worker_row, size), sizeof(size));
    return size;
}

/* Where the rows begin that were not known before. */
static size_t skip_known(struct scan_rows *rows, const uint8_t *bytes, size_t size, uint64_t known)
{
    size_t at = 0;

    for (; at < size && rows->taken < known; rows->taken++) {
        at += size_of(bytes + at);
    }
    return at;
}

static int opens(const uint8_t *bytes)
{
    struct worker_row row;

    memcpy(&row, bytes, sizeof(row));
    switch (row.hit.kind) {
    case WORKER_BREAK_EXECUTE:
        return 1;
    case WORKER_CALL_RETURNED:
    case WORKER_CALL_LEFT:
        return -1;
    default:
        return 0;
    }
}

static int append(struct scan_rows *rows, const uint8_t *bytes, size_t size, uint64_t known,
                  struct ebb_error *error)
{
    size_t at = skip_known(rows, bytes, size, known);

    if (reserve(rows, size - at, error)) {
        return -1;
    }
    if (size > at) {
        memcpy(rows->bytes + rows->size, bytes + at, size - at);
        rows->size += size - at;
    }
    for (; at < size; at += size_of(bytes + at)) {
        rows->open += opens(bytes + at);
        rows->taken++;
    }
    return 0;
}

int scan_rows_take(struct scan_rows *rows, struct replica *replica, uint64_t known,
                   struct ebb_error *error)
{
    uint8_t *bytes;
    size_t size;
    int status;

    if (worker_client_take_rows(replica->worker, &bytes, &size, error)) {
        return -1;
    }
    status = append(rows, bytes, size, known, error);
    free(bytes);
    return status;
}

int scan_rows_add(struct scan_rows *rows, const struct worker_hit *hit, uint64_t known,
                  struct ebb_error *error)
{
    struct worker_row row = {.size = sizeof(row), .hit = *hit};

    return append(rows, (const uint8_t *)&row, sizeof(row), known, error);
}

static size_t padded(uint32_t length)
{
    return ((size_t)length + 7) / 8 * 8;
}

/* Points to the loads; returns what comes after them. */
static const uint8_t *lay_out_loads(const struct worker_row *from, const uint8_t *bytes,
                                    const struct timeline_scan *scan, struct timeline_row *row)
{
    /* A row of the engine's own has none. */
    for (unsigned i = 0; from->loads_size && i < scan->load_count; i++) {
        row->loads[i] = from->loads_failed >> i & 1 ? NULL : bytes;
        bytes += padded(scan->loads[i].length);
    }
    return bytes;
}

/* Points into what comes after the row. */
static void lay_out(const struct worker_row *from, const uint8_t *behind,
                    const struct timeline_scan *scan, struct timeline_row *row)
{
    const uint8_t *data;

    row->registers = (const uint64_t *)(const void *)behind;
    row->register_count = from->register_count;
    row->frames = row->registers + from->register_count;
    row->frame_count = from->frame_count;
    data = lay_out_loads(from, (const uint8_t *)(row->frames + from->frame_count), scan, row);
    if (from->data_length) {
        row->before = data;
        row->after = row->before + padded(from->data_length);
        row->data_size = from->data_length;
    }
}

static void translate(const struct worker_row *from, struct timeline_row *row)
{
    const struct worker_hit *hit = &from->hit;

    *row = (struct timeline_row){
        .position = hit->moment.position,
        .kind = hit->kind,
        .inside = hit->moment.phase == MOMENT_INSIDE,
        .write = hit->access == WORKER_WATCH_WRITE,
        .by_device = hit->by_device,
        .by_reset = hit->by_reset,
        .address = hit->address,
        .data_address = hit->data_address,
        .data_length = hit->data_length,
        .pc = hit->pc,
        .stack = hit->context.stack,
        .space = hit->context.space,
        .from_pc = hit->context.pc,
        .mode = hit->context.mode,
        .tables = {from->tables[0], from->tables[1]},
        .context_id = from->context_id,
        .exception = from->exception < TIMELINE_EXCEPTIONS
                         ? (enum timeline_exception)from->exception
                         : TIMELINE_EXCEPTION_OTHER,
        .level = from->level,
        .to_mode = from->mode,
        .fault_status = from->fault_status,
        .syndrome = from->syndrome,
        .fault = from->fault,
        .return_address = from->return_address,
        .site = from->site,
        .call = from->call,
        .state = from->state,
        .big_endian = from->big_endian,
        .code = from->code,
        .code_size = from->code_size <= sizeof(from->code) ? from->code_size : 0,
    };
}

/* True if it was the last one wanted. */
static bool tell_of(struct scan_listener *listener, const struct timeline_row *row)
{
    const struct timeline_scan *scan = listener->scan;

    if (row->position < scan->from || row->position > listener->last) {
        return false;
    }
    if (scan->most && listener->told >= scan->most && row->position != listener->position) {
        return true;
    }
    listener->told++;
    listener->position = row->position;
    listener->refused = scan->row(scan->opaque, row) != 0;
    return listener->refused;
}

bool scan_rows_tell(struct scan_rows *rows, struct scan_listener *listener)
{
    struct timeline_row row;
    bool enough = false;

    for (size_t at = 0; at < rows->size && !enough;) {
        struct worker_row from;

        memcpy(&from, rows->bytes + at, sizeof(from));
        translate(&from, &row);
        lay_out(&from, rows->bytes + at + sizeof(from), listener->scan, &row);
        enough = tell_of(listener, &row);
        at += from.size;
    }
    rows->size = 0;
    return enough;
}

void scan_rows_free(struct scan_rows *rows)
{
    free(rows->bytes);
    *rows = (struct scan_rows){0};
}
