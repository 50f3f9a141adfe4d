/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "breakpoints.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

bool breakpoints_have_watch(const struct breakpoint_list *breakpoints)
{
    for (size_t i = 0; i < breakpoints->count; i++) {
        uint32_t kind = breakpoints->list[i].kind;

        if ((kind >= WORKER_WATCH_WRITE && kind <= WORKER_WATCH_ACCESS) ||
            worker_watch_is_physical(kind)) {
            return true;
        }
    }
    return false;
}

int breakpoints_extend(struct timeline *timeline, const struct worker_breakpoint *more,
                       size_t count, struct breakpoint_list *before, struct ebb_error *error)
{
    struct breakpoint_list extended = {.count = timeline->breakpoints.count + count};

    extended.list = malloc(extended.count * sizeof(*more));
    if (!extended.list) {
        return ebb_fail_memory(error);
    }
    *before = timeline->breakpoints;
    if (before->count) {
        memcpy(extended.list, before->list, before->count * sizeof(*more));
    }
    memcpy(extended.list + before->count, more, count * sizeof(*more));
    timeline->breakpoints = extended;
    return 0;
}

void breakpoints_restore(struct timeline *timeline, const struct breakpoint_list *before)
{
    free(timeline->breakpoints.list);
    timeline->breakpoints = *before;
}

/* The set is kept in one order, so that equal sets are equal bytes. */
static int compare(const struct worker_breakpoint *a, const struct worker_breakpoint *b)
{
    if (a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a->length == b->length ? 0 : a->length < b->length ? -1 : 1;
}

/* The number of the first that is not below wanted. */
static size_t lower_bound(const struct breakpoint_list *breakpoints,
                          const struct worker_breakpoint *wanted)
{
    size_t at = 0;

    while (at < breakpoints->count && compare(&breakpoints->list[at], wanted) < 0) {
        at++;
    }
    return at;
}

static bool present(const struct breakpoint_list *breakpoints, size_t at,
                    const struct worker_breakpoint *wanted)
{
    return at < breakpoints->count && compare(&breakpoints->list[at], wanted) == 0;
}

static int make(struct worker_breakpoint *breakpoint, enum timeline_breakpoint_kind kind,
                uint64_t address, uint64_t length, struct ebb_error *error)
{
    if (kind < TIMELINE_BREAK_EXECUTE || kind > TIMELINE_WATCH_PHYSICAL_ACCESS ||
        (kind > TIMELINE_WATCH_ACCESS && kind < TIMELINE_WATCH_PHYSICAL_WRITE)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no breakpoint kind %d", (int)kind);
    }
    if (kind != TIMELINE_BREAK_EXECUTE && (length == 0 || address + length - 1 < address)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "a watchpoint of %llu bytes at 0x%llx cannot be set",
                        (unsigned long long)length, (unsigned long long)address);
    }
    /* An instruction has one address; its length is no part of a breakpoint's identity. */
    *breakpoint = (struct worker_breakpoint){
        .kind = kind,
        .address = address,
        .length = kind == TIMELINE_BREAK_EXECUTE ? 0 : length,
    };
    return 0;
}

int timeline_add_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                            uint64_t address, uint64_t length, struct ebb_error *error)
{
    struct breakpoint_list *breakpoints = &timeline->breakpoints;
    struct worker_breakpoint wanted = {0};
    size_t at;

    if (make(&wanted, kind, address, length, error)) {
        return -1;
    }
    at = lower_bound(breakpoints, &wanted);
    if (present(breakpoints, at, &wanted)) {
        return 0;
    }
    if (breakpoints->count == timeline->breakpoint_capacity) {
        size_t capacity = 2 * breakpoints->count + 16;
        void *list = realloc(breakpoints->list, capacity * sizeof(wanted));

        if (!list) {
            return ebb_fail_memory(error);
        }
        breakpoints->list = list;
        timeline->breakpoint_capacity = capacity;
    }
    memmove(breakpoints->list + at + 1, breakpoints->list + at,
            (breakpoints->count - at) * sizeof(wanted));
    breakpoints->list[at] = wanted;
    breakpoints->count++;
    return 0;
}

int timeline_remove_breakpoint(struct timeline *timeline, enum timeline_breakpoint_kind kind,
                               uint64_t address, uint64_t length, struct ebb_error *error)
{
    struct breakpoint_list *breakpoints = &timeline->breakpoints;
    struct worker_breakpoint wanted = {0};
    size_t at;

    if (make(&wanted, kind, address, length, error)) {
        return -1;
    }
    at = lower_bound(breakpoints, &wanted);
    if (!present(breakpoints, at, &wanted)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no such breakpoint at 0x%llx",
                        (unsigned long long)address);
    }
    breakpoints->count--;
    memmove(breakpoints->list + at, breakpoints->list + at + 1,
            (breakpoints->count - at) * sizeof(wanted));
    return 0;
}

void timeline_clear_breakpoints(struct timeline *timeline)
{
    timeline->breakpoints.count = 0;
}
