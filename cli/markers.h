/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Markers: stores by which the guest says where it is, to two registers at an address that the
 * manifest tells. A store to the first is a marker by itself, whose name is the number; those to
 * the second, 8 bytes behind it, are characters of a text, which a line feed or a zero ends.
 */
#ifndef EBB_CLI_MARKERS_H
#define EBB_CLI_MARKERS_H

#include "log/reader.h"
#include "manifest.h"

#define MARKER_TEXT_MAX 200 /* bytes; what is longer is cut */
#define MARKER_REGISTERS_SIZE 16u

struct marker {
    uint64_t position; /* at which the guest stores it, or its first character */
    char *name;        /* what a terminal can have */
    const char *fault; /* what is wrong with it, as part of a sentence; NULL: nothing */
};

struct markers {
    struct marker *list; /* in the order of positions */
    size_t count;
};

/* Reads those of a log; where it is damaged, those before. markers_clear() in any case. */
int markers_read(struct markers *markers, const struct ebb_log *log,
                 const struct manifest *manifest, struct ebb_error *error);
void markers_clear(struct markers *markers);

/* The next one of that name behind a position, else the first one at all; NULL: there is none. */
const struct marker *markers_find(const struct markers *markers, const char *name, uint64_t behind);

#endif
