/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a scan as bytes, which others can read elsewhere: those of a part (cli/part_file.h).
 */
#ifndef EBB_CLI_QUESTIONS_ROW_BYTES_H
#define EBB_CLI_QUESTIONS_ROW_BYTES_H

#include "replay/timeline/scan.h"

#include "log/buffer.h"
#include "log/error.h"

/* Adds a row of that scan. */
int row_bytes_add(struct ebb_buffer *rows, const struct timeline_row *row,
                  const struct timeline_scan *scan, struct ebb_error *error);

/* A row that was read: it points into itself, and into the bytes. */
struct row_read {
    struct timeline_row row;
    unsigned load_count;
    unsigned load_lengths[TIMELINE_LOADS]; /* 0: it could not be loaded */
    uint64_t registers[32], frames[64];
};

/* Takes the next row out. False if none is there: the bytes may come from anybody. */
bool row_bytes_read(struct ebb_span *rows, struct row_read *read);

/* True if the row's loads are those of the scan. */
bool row_has_loads_of(const struct row_read *read, const struct timeline_scan *scan);

#endif
