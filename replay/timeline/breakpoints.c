/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "breakpoints.h"
#include "inspect.h"
#include "state.h"

#include "protocol/conditions.h"

#include <stdlib.h>
#include <string.h>

/* Bytes. gdb's take some tens each; a stranger's are kept with each search that is remembered. */
#define CONDITIONS_TOTAL_MAX (1u << 20)

static bool is_watch(uint32_t kind)
{
    return (kind >= WORKER_WATCH_WRITE && kind <= WORKER_WATCH_ACCESS) ||
           kind == WORKER_WATCH_CHANGE || worker_watch_is_physical(kind);
}

bool breakpoints_have_watch(const struct breakpoint_list *breakpoints)
{
    for (size_t i = 0; i < breakpoints->count; i++) {
        if (is_watch(breakpoints->list[i].kind)) {
            return true;
        }
    }
    return false;
}

int breakpoints_extend(struct timeline *timeline, const struct worker_breakpoint *more,
                       size_t count, struct breakpoint_list *before, struct ebb_error *error)
{
    struct breakpoint_list extended = timeline->breakpoints;

    extended.count += count;
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
    if (kind != TIMELINE_BREAK_EXECUTE && !is_watch(kind)) {
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

static size_t conditions_before(const struct breakpoint_list *breakpoints, size_t at)
{
    size_t sum = 0;

    for (size_t i = 0; i < at; i++) {
        sum += breakpoints->list[i].conditions_size;
    }
    return sum;
}

/* Where the conditions of each breakpoint are follows from their sizes and the list's order. */
static void lay_out_conditions(struct breakpoint_list *breakpoints)
{
    size_t end = 0;

    for (size_t i = 0; i < breakpoints->count; i++) {
        struct worker_breakpoint *breakpoint = &breakpoints->list[i];

        breakpoint->conditions_at = breakpoint->conditions_size ? (uint32_t)end : 0;
        end += breakpoint->conditions_size;
    }
    breakpoints->conditions_size = end;
}

static int replace_conditions(struct breakpoint_list *breakpoints, size_t at, const uint8_t *bytes,
                              size_t size, struct ebb_error *error)
{
    struct worker_breakpoint *breakpoint = &breakpoints->list[at];
    size_t old_size = breakpoint->conditions_size, place = conditions_before(breakpoints, at);
    size_t behind = breakpoints->conditions_size - place - old_size;

    if (size > old_size) {
        uint8_t *larger = realloc(breakpoints->conditions, place + size + behind);

        if (!larger) {
            return ebb_fail_memory(error);
        }
        breakpoints->conditions = larger;
    }
    if (behind) {
        memmove(breakpoints->conditions + place + size, breakpoints->conditions + place + old_size,
                behind);
    }
    if (size) {
        memcpy(breakpoints->conditions + place, bytes, size);
    }
    breakpoint->conditions_size = (uint32_t)size;
    lay_out_conditions(breakpoints);
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
    replace_conditions(breakpoints, at, NULL, 0, error);
    breakpoints->count--;
    memmove(breakpoints->list + at, breakpoints->list + at + 1,
            (breakpoints->count - at) * sizeof(wanted));
    return 0;
}

void timeline_clear_breakpoints(struct timeline *timeline)
{
    timeline->breakpoints.count = 0;
    timeline->breakpoints.conditions_size = 0;
}

/* The user's breakpoint on execution at the address, or NULL. */
static struct worker_breakpoint *find_execute(struct timeline *timeline, uint64_t address)
{
    const struct worker_breakpoint wanted = {.kind = WORKER_BREAK_EXECUTE, .address = address};
    size_t at = lower_bound(&timeline->breakpoints, &wanted);

    return present(&timeline->breakpoints, at, &wanted) ? &timeline->breakpoints.list[at] : NULL;
}

int timeline_set_conditions(struct timeline *timeline, uint64_t address,
                            const struct timeline_conditions *conditions, struct ebb_error *error)
{
    struct breakpoint_list *breakpoints = &timeline->breakpoints;
    struct worker_breakpoint *breakpoint = find_execute(timeline, address);
    const uint32_t flag = WORKER_BREAK_BIG_ENDIAN;

    if (!breakpoint) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no breakpoint at 0x%llx",
                        (unsigned long long)address);
    }
    if (!conditions_are_whole(conditions->bytes, conditions->size)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "conditions that are not whole");
    }
    if (conditions->size >
        CONDITIONS_TOTAL_MAX - (breakpoints->conditions_size - breakpoint->conditions_size)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "all conditions together are more than %u bytes; delete some",
                        CONDITIONS_TOTAL_MAX);
    }
    if (replace_conditions(breakpoints, (size_t)(breakpoint - breakpoints->list), conditions->bytes,
                           conditions->size, error)) {
        return -1;
    }
    breakpoint->flags = conditions->size && conditions->big_endian ? flag : 0;
    return 0;
}

int timeline_breakpoint_counts(struct timeline *timeline, uint64_t address, struct ebb_error *error)
{
    const struct worker_breakpoint *breakpoint = find_execute(timeline, address);

    if (!breakpoint || breakpoint->conditions_size == 0) {
        return breakpoint ? 1 : 0;
    }
    return inspect_conditions(timeline, breakpoint->flags,
                              timeline->breakpoints.conditions + breakpoint->conditions_at,
                              breakpoint->conditions_size, error);
}
