/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watched_memory.h"

#include <stdlib.h>
#include <string.h>

static bool sees_writes(const struct worker_breakpoint *watch)
{
    switch (watch->kind) {
    case WORKER_WATCH_WRITE:
    case WORKER_WATCH_ACCESS:
    case WORKER_WATCH_CHANGE:
    case WORKER_WATCH_PHYSICAL_WRITE:
    case WORKER_WATCH_PHYSICAL_ACCESS:
        return true;
    default:
        return false;
    }
}

/* Makes room for what the breakpoints are about. */
static int lay_out(struct watched_memory *memory, const struct breakpoint_list *breakpoints,
                   struct ebb_error *error)
{
    size_t size = 0;

    memory->parts = calloc(breakpoints->count + 1, sizeof(*memory->parts));
    if (!memory->parts) {
        return ebb_fail_memory(error);
    }
    for (size_t i = 0; i < breakpoints->count; i++) {
        const struct worker_breakpoint *watch = &breakpoints->list[i];

        if (sees_writes(watch)) {
            memory->parts[memory->count++] = (struct watched_part){.watch = watch, .offset = size};
            size += watch->length;
        }
    }
    memory->bytes = malloc(size + 1);
    return memory->bytes ? 0 : ebb_fail_memory(error);
}

static int read_part(struct watched_memory *memory, struct watched_part *part,
                     struct replica *replica, struct ebb_error *error)
{
    struct worker_memory where = {
        .address = part->watch->address,
        .length = (uint32_t)part->watch->length,
        .flags = worker_watch_is_physical(part->watch->kind) ? WORKER_MEMORY_PHYSICAL : 0,
    };
    long count =
        worker_client_read_memory(replica->worker, &where, memory->bytes + part->offset, error);

    if (count < 0) {
        return -1;
    }
    part->length = (size_t)count;
    return 0;
}

int watched_memory_read(struct watched_memory *memory, struct replica *replica,
                        struct ebb_error *error)
{
    int status;

    *memory = (struct watched_memory){0};
    status = lay_out(memory, &replica->loaded, error);
    for (size_t i = 0; i < memory->count && !status; i++) {
        status = read_part(memory, &memory->parts[i], replica, error);
    }
    if (status) {
        watched_memory_free(memory);
    }
    return status;
}

void watched_memory_free(struct watched_memory *memory)
{
    free(memory->parts);
    free(memory->bytes);
    *memory = (struct watched_memory){0};
}

/* How many bytes are the same in both from the first on. */
static size_t same(const struct watched_memory *one, const struct watched_memory *other, size_t i)
{
    const struct watched_part *part = &one->parts[i];
    size_t count = 0;

    while (count < part->length && count < other->parts[i].length &&
           one->bytes[part->offset + count] == other->bytes[part->offset + count]) {
        count++;
    }
    return count;
}

const struct worker_breakpoint *watched_memory_compare(const struct watched_memory *one,
                                                       const struct watched_memory *other,
                                                       uint64_t *address)
{
    for (size_t i = 0; i < one->count; i++) {
        size_t count = same(one, other, i);

        if (count < one->parts[i].length || count < other->parts[i].length) {
            *address = one->parts[i].watch->address + count;
            return one->parts[i].watch;
        }
    }
    return NULL;
}
