/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a scan as bytes, which others can read elsewhere: those of a part (cli/part_file.h).
 */
#ifndef EBB_CLI_QUESTIONS_ROW_BYTES_H
#define EBB_CLI_QUESTIONS_ROW_BYTES_H

#include "replay/timeline/scan.h"

#include "log/error.h"

struct row_bytes {
    uint8_t *bytes; /* owned */
    size_t size, capacity;
};

/* Adds a row of that scan. */
int row_bytes_add(struct row_bytes *rows, const struct timeline_row *row,
                  const struct timeline_scan *scan, struct ebb_error *error);
void row_bytes_free(struct row_bytes *rows);

/* A row that was read: it points into itself, and into the bytes. */
struct row_read {
    struct timeline_row row;
    unsigned load_count;
    unsigned load_lengths[TIMELINE_LOADS]; /* 0: it could not be loaded */
    uint64_t registers[32], frames[64];
};

/* Reads the row at *at, and goes on to the next one. False if none is there: the bytes may come
 * from anybody. */
bool row_bytes_read(const uint8_t *bytes, size_t size, size_t *at, struct row_read *read);

/* True if the row's loads are those of the scan. */
bool row_has_loads_of(const struct row_read *read, const struct timeline_scan *scan);

#endif
