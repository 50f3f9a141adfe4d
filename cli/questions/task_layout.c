/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task_layout.h"

#include "btf.h"

#include <stdlib.h>
#include <string.h>

#define TYPES_MAX (64u << 20) /* bytes */
#define PART (1u << 20)       /* bytes read at once */
#define TASK_MAX 16384u       /* bytes of a task_struct that are looked at */
#define FIRST_TASK "swapper"  /* Linux, init/init_task.c: INIT_TASK_COMM */

/* An address that the guest has a symbol of the file at; false: there is none. */
static bool find(struct symbols *symbols, const char *name, uint64_t *address)
{
    if (!symbols_lookup(symbols, name, address)) {
        return false;
    }
    *address += symbols_offset(symbols);
    return true;
}

/* Returns the bytes read, or -1. */
static long read_guest(struct timeline *timeline, uint64_t address, uint8_t *bytes, size_t size,
                       struct ebb_error *error)
{
    size_t done = 0;
    long got = 0;

    while (done < size && got >= 0) {
        size_t part = size - done < PART ? size - done : PART;

        got = timeline_read_memory(timeline, address + done, bytes + done, part, error);
        done += got > 0 ? (size_t)got : 0;
        if (got >= 0 && (size_t)got < part) {
            break;
        }
    }
    return got < 0 ? -1 : (long)done;
}

static bool take_types(struct task_layout *layout, const uint8_t *bytes, size_t size)
{
    struct btf btf;
    bool good = btf_open(&btf, bytes, size);

    if (good) {
        layout->has_name = btf_member(&btf, "task_struct", "comm", &layout->name);
        layout->has_pid = btf_member(&btf, "task_struct", "pid", &layout->pid);
        layout->has_memory = btf_member(&btf, "task_struct", "mm", &layout->memory);
    }
    btf_close(&btf);
    return good;
}

/* 1: there are types; 0: there are none; -1: error. */
static int read_types(struct task_layout *layout, struct timeline *timeline,
                      struct symbols *symbols, struct ebb_error *error)
{
    uint64_t begin, end, file;
    uint8_t *bytes;
    long got = 0;
    bool good;

    if (!find(symbols, "__start_BTF", &begin) || !find(symbols, "__stop_BTF", &end) ||
        end - begin > TYPES_MAX) {
        return 0;
    }
    bytes = malloc(end - begin + 1);
    if (!bytes) {
        return ebb_fail_memory(error);
    }
    file = begin - symbols_offset(symbols);
    good = symbols_read(symbols, file, bytes, end - begin) == end - begin &&
           take_types(layout, bytes, end - begin);
    if (!good) {
        got = read_guest(timeline, begin, bytes, end - begin, error);
        good = got == (long)(end - begin) && take_types(layout, bytes, end - begin);
    }
    free(bytes);
    return got < 0 ? -1 : good;
}

static int look_for_name(struct task_layout *layout, struct timeline *timeline, uint64_t address,
                         struct ebb_error *error)
{
    uint8_t task[TASK_MAX];
    long got = read_guest(timeline, address, task, sizeof(task), error);

    for (long i = 0; i + (long)TASK_NAME_SIZE <= got && !layout->has_name; i += 4) {
        const uint8_t *end = task + i + sizeof(FIRST_TASK) - 1;

        if (memcmp(task + i, FIRST_TASK, sizeof(FIRST_TASK) - 1) == 0 &&
            (*end == '\0' || *end == '/')) {
            layout->has_name = true;
            layout->name = (uint32_t)i;
        }
    }
    return got < 0 ? -1 : 0;
}

int task_layout_read(struct task_layout *layout, struct timeline *timeline, struct symbols *symbols,
                     const uint64_t tasks[2], struct ebb_error *error)
{
    uint64_t idle;
    int types;

    *layout = (struct task_layout){0};
    types = read_types(layout, timeline, symbols, error);
    if (types) {
        return types < 0 ? -1 : 0;
    }
    if (find(symbols, "init_task", &idle) && look_for_name(layout, timeline, idle, error)) {
        return -1;
    }
    for (unsigned i = 0; i < 2 && !layout->has_name; i++) {
        if (look_for_name(layout, timeline, tasks[i], error)) {
            return -1;
        }
    }
    return 0;
}
