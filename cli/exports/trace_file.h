/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file in the Trace Event Format, which Perfetto and chrome://tracing read: JSON, with an event
 * to a line. Events come in any order. Positions are its times: 1 us is 1 instruction.
 */
#ifndef EBB_CLI_EXPORTS_TRACE_FILE_H
#define EBB_CLI_EXPORTS_TRACE_FILE_H

#include "cli/json_list.h"
#include "cli/name_table.h"

#include <stdio.h>

struct trace_track {
    unsigned order;     /* tracks are shown by it */
    uint64_t free_from; /* the end of its last slice: none of a later one begins before */
    size_t next;        /* the number of the next one of its name + 1; 0: there is none */
};

struct trace_file {
    struct json_list list;
    struct trace_track *tracks; /* by their numbers */
    size_t track_count;
    struct name_table names;
    size_t *first; /* by the numbers of names: that of the first track of each, + 1 */
    size_t first_capacity;
};

/* All of these return 0, or -1 after filling *error. That the file cannot be written is no error
 * here: ferror(file) tells. They take the references to JSON, of which NULL is a lack of memory. */

/* other: an object with what there is to say of all of it. trace_file_free() also after an error.
 */
int trace_file_begin(struct trace_file *trace, FILE *file, json_t *other, struct ebb_error *error);
void trace_file_end(struct trace_file *trace);
void trace_file_free(struct trace_file *trace);

/* What happens at a position. Names may have any bytes. */
int trace_file_instant(struct trace_file *trace, unsigned order, const char *track,
                       const char *name, uint64_t position, json_t *arguments,
                       struct ebb_error *error);

/* What goes on from one position to before another. Slices of a track are given in the order of
 * their ends; where they overlap, there are further tracks of that name. */
int trace_file_slice(struct trace_file *trace, unsigned order, const char *track, const char *name,
                     uint64_t from, uint64_t to, json_t *arguments, struct ebb_error *error);

/* A number that changes: its value from a position on. */
int trace_file_counter(struct trace_file *trace, const char *name, uint64_t position,
                       const char *unit, double value, struct ebb_error *error);

#endif
