/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_rows.h"

#include "cli/json_list.h"

#include <stdlib.h>
#include <string.h>

/* As the page knows them. */
static const char *const group_names[] = {
    [REPORT_CONSOLE] = "console",       [REPORT_MARKERS] = "markers",
    [REPORT_BOOKMARKS] = "bookmarks",   [REPORT_KEYFRAMES] = "keyframes",
    [REPORT_TASKS] = "tasks",           [REPORT_EXCEPTIONS] = "exceptions",
    [REPORT_INTERRUPTS] = "interrupts",
};

void report_rows_begin(struct report_rows *rows, uint64_t from, uint64_t to, uint64_t limit)
{
    *rows = (struct report_rows){
        .from = from,
        .bin = (to - from + REPORT_BINS - 1) / REPORT_BINS,
        .limit = limit,
    };
}

void report_rows_free(struct report_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        json_decref(rows->list[i]->events);
        free(rows->list[i]->name);
        free(rows->list[i]);
    }
    free(rows->list);
    *rows = (struct report_rows){0};
}

size_t report_rows_bin(const struct report_rows *rows, uint64_t position)
{
    uint64_t bin = (position - rows->from) / rows->bin;

    return bin < REPORT_BINS ? (size_t)bin : REPORT_BINS - 1;
}

struct report_row *report_rows_find(const struct report_rows *rows, enum report_group group,
                                    uint64_t key)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->list[i]->group == group && rows->list[i]->key == key) {
            return rows->list[i];
        }
    }
    return NULL;
}

static struct report_row *make(enum report_group group, uint64_t key, const char *name)
{
    struct report_row *row = calloc(1, sizeof(*row));

    if (!row) {
        return NULL;
    }
    row->group = group;
    row->key = key;
    row->name = strdup(name);
    row->events = json_array();
    if (!row->name || !row->events) {
        free(row->name);
        json_decref(row->events);
        free(row);
        return NULL;
    }
    return row;
}

struct report_row *report_rows_add(struct report_rows *rows, enum report_group group, uint64_t key,
                                   const char *name, struct ebb_error *error)
{
    struct report_row **list = realloc(rows->list, (rows->count + 1) * sizeof(*list));
    struct report_row *row = list ? make(group, key, name) : NULL;

    rows->list = list ? list : rows->list;
    if (!row) {
        ebb_fail_memory(error);
        return NULL;
    }
    rows->list[rows->count++] = row;
    return row;
}

static void forget_events(struct report_rows *rows, struct report_row *row)
{
    rows->kept -= json_array_size(row->events);
    json_array_clear(row->events);
}

/* Where all rows together have too many events, the one that has the most goes without; but not the
 * console, whose first are kept. */
static void forget_most(struct report_rows *rows)
{
    struct report_row *most = NULL;

    for (size_t i = 0; i < rows->count; i++) {
        struct report_row *row = rows->list[i];

        if (row->group != REPORT_CONSOLE &&
            (!most || json_array_size(row->events) > json_array_size(most->events))) {
            most = row;
        }
    }
    if (most) {
        forget_events(rows, most);
    }
}

bool report_row_is_cut(const struct report_row *row)
{
    return row->count > json_array_size(row->events);
}

bool report_rows_count(struct report_rows *rows, struct report_row *row, uint64_t position)
{
    struct report_bin *bin = &row->bins[report_rows_bin(rows, position)];
    bool was_cut = report_row_is_cut(row);

    if (bin->count == 0 || position < bin->first) {
        bin->first = position;
    }
    bin->count++;
    row->count++;
    if (!was_cut && row->count > rows->limit && row->group != REPORT_CONSOLE) {
        forget_events(rows, row);
    }
    return !was_cut && row->count <= rows->limit;
}

int report_rows_keep(struct report_rows *rows, struct report_row *row, json_t *event,
                     struct ebb_error *error)
{
    if (!event || json_array_append_new(row->events, event)) {
        return ebb_fail_memory(error);
    }
    rows->kept++;
    if (rows->kept > REPORT_ROWS_TOGETHER * rows->limit) {
        forget_most(rows);
    }
    return 0;
}

/* [number of the bin, how many events, position of the first] of each that has any. */
static json_t *describe_bins(const struct report_row *row)
{
    json_t *list = json_array();

    for (size_t i = 0; i < REPORT_BINS; i++) {
        const struct report_bin *bin = &row->bins[i];

        if (bin->count) {
            json_array_append_new(list,
                                  json_pack("[o, o, o]", json_unsigned(i),
                                            json_unsigned(bin->count), json_unsigned(bin->first)));
        }
    }
    return list;
}

static json_t *describe(const struct report_row *row)
{
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:O}", "group", group_names[row->group], "name", row->name,
                  "count", json_unsigned(row->count), "events", row->events);

    if (report_row_is_cut(row)) {
        json_object_set_new(object, "bins", describe_bins(row));
    }
    return object;
}

static int in_order(const void *a, const void *b)
{
    const struct report_row *one = *(const struct report_row *const *)a;
    const struct report_row *other = *(const struct report_row *const *)b;

    if (one->group != other->group) {
        return one->group < other->group ? -1 : 1;
    }
    return (one->key > other->key) - (one->key < other->key);
}

json_t *report_rows_describe(struct report_rows *rows)
{
    json_t *list = json_array();

    if (rows->count) {
        qsort(rows->list, rows->count, sizeof(*rows->list), in_order);
    }
    for (size_t i = 0; i < rows->count; i++) {
        json_array_append_new(list, describe(rows->list[i]));
    }
    return list;
}
