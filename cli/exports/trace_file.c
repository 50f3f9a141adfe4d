/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_file.h"

#include <stdlib.h>
#include <string.h>

#define PROCESS 1
#define FIRST_THREAD 10 /* of track 0 */

static int add_metadata(struct trace_file *trace, const char *what, long thread, const char *member,
                        json_t *value, struct ebb_error *error)
{
    json_t *event = json_pack("{s:s, s:s, s:i, s:o, s:{s:o}}", "name", what, "ph", "M", "pid",
                              PROCESS, "tid", json_integer(thread), "args", member, value);

    return json_list_add(&trace->list, event, error);
}

int trace_file_begin(struct trace_file *trace, FILE *file, json_t *other, struct ebb_error *error)
{
    int status;

    *trace = (struct trace_file){0};
    if (!other) {
        return ebb_fail_memory(error);
    }
    fputs("{\"displayTimeUnit\":\"ns\",\n\"otherData\":", file);
    status = json_dumpf(other, file, JSON_COMPACT);
    json_decref(other);
    if (status < 0 && !ferror(file)) {
        return ebb_fail_memory(error);
    }
    fputs(",\n\"traceEvents\":", file);
    json_list_begin(&trace->list, file);
    return add_metadata(trace, "process_name", FIRST_THREAD, "name", json_string("guest"), error);
}

void trace_file_end(struct trace_file *trace)
{
    json_list_end(&trace->list);
    fputs("}\n", trace->list.out);
}

void trace_file_free(struct trace_file *trace)
{
    name_table_free(&trace->names);
    free(trace->first);
    free(trace->tracks);
}

static int add_track(struct trace_file *trace, unsigned order, const char *name,
                     struct ebb_error *error)
{
    struct trace_track *tracks = realloc(trace->tracks, (trace->track_count + 1) * sizeof(*tracks));
    long thread = FIRST_THREAD + (long)trace->track_count;

    if (!tracks) {
        return ebb_fail_memory(error);
    }
    trace->tracks = tracks;
    tracks[trace->track_count++] = (struct trace_track){.order = order};
    return add_metadata(trace, "thread_name", thread, "name", json_printable(name, strlen(name)),
                        error) ||
                   add_metadata(trace, "thread_sort_index", thread, "sort_index",
                                json_integer(order), error)
               ? -1
               : 0;
}

/* Where the number of a name's first track is, + 1; NULL: out of memory. */
static size_t *first_track(struct trace_file *trace, const char *name)
{
    long number = name_table_add(&trace->names, name);
    size_t capacity = trace->names.capacity, *first;

    if (number >= 0 && trace->first_capacity < capacity) {
        first = realloc(trace->first, capacity * sizeof(*first));
        if (!first) {
            return NULL;
        }
        memset(first + trace->first_capacity, 0,
               (capacity - trace->first_capacity) * sizeof(*first));
        trace->first = first;
        trace->first_capacity = capacity;
    }
    return number < 0 ? NULL : &trace->first[number];
}

/* The first track of the name that nothing is on from the position on. Added if there is none. */
static int find_track(struct trace_file *trace, unsigned order, const char *name, uint64_t from,
                      size_t *found, struct ebb_error *error)
{
    size_t *first = first_track(trace, name), last = 0;

    if (!first) {
        return ebb_fail_memory(error);
    }
    for (size_t i = *first; i; i = trace->tracks[i - 1].next) {
        if (trace->tracks[i - 1].free_from <= from) {
            *found = i - 1;
            return 0;
        }
        last = i;
    }
    *found = trace->track_count;
    if (add_track(trace, order, name, error) < 0) {
        return -1;
    }
    *(last ? &trace->tracks[last - 1].next : first) = *found + 1;
    return 0;
}

/* An event of a track, without what its phase has. */
static json_t *make(size_t track, const char *phase, const char *name, uint64_t position,
                    json_t *arguments)
{
    return json_pack("{s:o, s:s, s:o, s:i, s:i, s:o}", "name", json_printable(name, strlen(name)),
                     "ph", phase, "ts", json_unsigned(position), "pid", PROCESS, "tid",
                     FIRST_THREAD + (int)track, "args", arguments);
}

int trace_file_instant(struct trace_file *trace, unsigned order, const char *track,
                       const char *name, uint64_t position, json_t *arguments,
                       struct ebb_error *error)
{
    size_t number;
    json_t *event;

    if (find_track(trace, order, track, UINT64_MAX, &number, error)) {
        json_decref(arguments);
        return -1;
    }
    event = make(number, "i", name, position, arguments);
    if (event) {
        json_object_set_new(event, "s", json_string("t"));
    }
    return json_list_add(&trace->list, event, error);
}

int trace_file_slice(struct trace_file *trace, unsigned order, const char *track, const char *name,
                     uint64_t from, uint64_t to, json_t *arguments, struct ebb_error *error)
{
    size_t number;
    json_t *event;

    if (find_track(trace, order, track, from, &number, error)) {
        json_decref(arguments);
        return -1;
    }
    trace->tracks[number].free_from = to;
    event = make(number, "X", name, from, arguments);
    if (event) {
        json_object_set_new(event, "dur", json_unsigned(to - from));
    }
    return json_list_add(&trace->list, event, error);
}

int trace_file_counter(struct trace_file *trace, const char *name, uint64_t position,
                       const char *unit, double value, struct ebb_error *error)
{
    json_t *event = json_pack("{s:s, s:s, s:o, s:i, s:{s:f}}", "name", name, "ph", "C", "ts",
                              json_unsigned(position), "pid", PROCESS, "args", unit, value);

    return json_list_add(&trace->list, event, error);
}
