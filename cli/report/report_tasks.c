/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_tasks.h"

#include "cli/json_list.h"

#include <stdlib.h>
#include <string.h>

#define OTHERS "others"

int report_tasks_begin(struct report_tasks *tasks, struct report_rows *rows,
                       struct ebb_error *error)
{
    *tasks = (struct report_tasks){.rows = rows, .places = json_object()};
    return tasks->places ? 0 : ebb_fail_memory(error);
}

void report_tasks_free(struct report_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++) {
        json_decref(tasks->list[i].description);
        free(tasks->list[i].words);
    }
    free(tasks->list);
    json_decref(tasks->places);
}

/* Takes what it is given. Returns the place, or -1. */
static long add_task(struct report_tasks *tasks, char *words, json_t *description)
{
    struct report_task *list = realloc(tasks->list, (tasks->count + 1) * sizeof(*list));

    tasks->list = list ? list : tasks->list;
    if (!list || !words || !description ||
        json_object_set_new(tasks->places, words, json_integer((json_int_t)tasks->count))) {
        free(words);
        json_decref(description);
        return -1;
    }
    list[tasks->count] = (struct report_task){.words = words, .description = description};
    return (long)tasks->count++;
}

/* The place of a task in the list; -1: out of memory. */
static long find_task(struct report_tasks *tasks, const struct task *task)
{
    char *words = task_words(task);
    const json_t *place = words ? json_object_get(tasks->places, words) : NULL;

    if (!words) {
        return -1;
    }
    if (!place && tasks->count < REPORT_TASKS_MOST) {
        return add_task(tasks, words, task_describe(task));
    }
    free(words);
    place = place ? place : json_object_get(tasks->places, OTHERS);
    return place ? (long)json_integer_value(place) : add_task(tasks, strdup(OTHERS), json_object());
}

/* Of the bin under way, notes who has run the most. */
static void end_bin(struct report_tasks *tasks)
{
    uint64_t most = 0;

    for (size_t i = 0; i < tasks->count; i++) {
        if (tasks->list[i].in_bin > most) {
            most = tasks->list[i].in_bin;
            tasks->most_in[tasks->bin] = (uint32_t)i + 1;
        }
        tasks->list[i].in_bin = 0;
    }
}

/* Divides a slice among the bins. */
static void divide(struct report_tasks *tasks, struct report_task *task, uint64_t from, uint64_t to)
{
    const struct report_rows *rows = tasks->rows;

    while (from < to) {
        size_t bin = report_rows_bin(rows, from);
        uint64_t end = bin + 1 < REPORT_BINS ? rows->from + (bin + 1) * rows->bin : to;

        if (bin != tasks->bin) {
            end_bin(tasks);
            tasks->bin = bin;
        }
        end = end < to ? end : to;
        task->in_bin += end - from;
        from = end;
    }
}

int report_tasks_take(struct report_tasks *tasks, const struct task *task, uint64_t from,
                      uint64_t to, struct ebb_error *error)
{
    long place = find_task(tasks, task);

    if (place < 0) {
        return ebb_fail_memory(error);
    }
    if (!tasks->row) {
        tasks->row = report_rows_add(tasks->rows, REPORT_TASKS, 0, "tasks", error);
    }
    if (!tasks->row) {
        return -1;
    }
    tasks->list[place].ran += to - from;
    tasks->list[place].slices++;
    divide(tasks, &tasks->list[place], from, to);
    if (!report_rows_count(tasks->rows, tasks->row, from)) {
        return 0;
    }
    return report_rows_keep(tasks->rows, tasks->row,
                            json_pack("{s:o, s:o, s:o}", "position", json_unsigned(from), "ran",
                                      json_unsigned(to - from), "task", json_integer(place)),
                            error);
}

static json_t *describe_bins(const struct report_tasks *tasks)
{
    json_t *list = json_array();

    for (size_t i = 0; i < REPORT_BINS; i++) {
        json_array_append_new(list, tasks->most_in[i] ? json_integer(tasks->most_in[i] - 1)
                                                      : json_null());
    }
    return list;
}

json_t *report_tasks_describe(struct report_tasks *tasks)
{
    json_t *list = json_array(), *object = json_pack("{s:O}", "list", list);

    end_bin(tasks);
    for (size_t i = 0; i < tasks->count; i++) {
        const struct report_task *task = &tasks->list[i];

        json_array_append_new(list, json_pack("{s:s, s:O, s:o, s:o}", "name", task->words, "task",
                                              task->description, "ran", json_unsigned(task->ran),
                                              "slices", json_unsigned(task->slices)));
    }
    json_decref(list);
    if (tasks->row && report_row_is_cut(tasks->row)) {
        json_object_set_new(object, "bins", describe_bins(tasks));
    }
    return object;
}
