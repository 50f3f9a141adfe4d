/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "exec/translation-block.h"
#include "hw/core/cpu.h"
#include "watch_ranges.h"

#define NEAR 64u /* bytes between two ranges that are taken for one */

/*
 * A miss on a slow page took 50 ns for a load, and 170 ns for a store, at 1 ns for an instruction;
 * code that compares was up to a tenth slower than other code, with three ranges as well. So from
 * one miss in some 200 instructions on, comparing is much faster. Before the code is translated
 * anew, slow pages have cost some 10 ms: more than that takes for a program that runs in a loop.
 */
#define OFTEN 200u /* instructions for each miss */
#define MISSES_LEAST 100000u

struct range {
    uint64_t start, length;
};

struct worker_watch_ranges {
    bool always, never;                  /* what the environment says */
    struct range ranges[CPU_MAX_RANGES]; /* of the last set that watched anything */
    unsigned count;                      /* CPU_MAX_RANGES + 1: too many */
    bool present;                        /* the set of now is that one */
    bool comparing;                      /* such a set is compared with */
    uint64_t misses, executed;           /* since it was set, or since they were rare */
};

/* EBB_WATCH=pages or EBB_WATCH=ranges, for tests; else what is faster. */
struct worker_watch_ranges *worker_watch_ranges_new(void)
{
    struct worker_watch_ranges *ranges = g_new0(struct worker_watch_ranges, 1);
    const char *wanted = g_getenv("EBB_WATCH");

    ranges->always = !g_strcmp0(wanted, "ranges");
    ranges->never = !g_strcmp0(wanted, "pages");
#ifndef __x86_64__
    ranges->never = true; /* there is no such code for other hosts */
#endif
    return ranges;
}

static bool has_address(const struct worker_breakpoint *watch)
{
    return (watch->kind >= WORKER_WATCH_WRITE && watch->kind <= WORKER_WATCH_ACCESS) ||
           watch->kind == WORKER_WATCH_CHANGE;
}

/* The set is in the order of addresses (but for tags, which cost a range). */
static unsigned collect(struct worker *worker, struct range *ranges)
{
    unsigned count = 0;
    guint i;

    for (i = 0; i < worker->breakpoints->len; i++) {
        const struct worker_breakpoint *watch =
            &g_array_index(worker->breakpoints, struct worker_breakpoint, i);
        struct range *last = count ? &ranges[count - 1] : NULL;

        if (!has_address(watch)) {
            continue;
        }
        if (last && watch->address - last->start <= last->length + NEAR) {
            last->length = MAX(last->length, watch->address - last->start + watch->length);
        } else if (count < CPU_MAX_RANGES) {
            ranges[count++] = (struct range){watch->address, watch->length};
        } else {
            return CPU_MAX_RANGES + 1;
        }
    }
    return count;
}

/* Generated code compares the last byte of an access. */
static void compare_with(CPUState *cpu, const struct range *ranges, unsigned count)
{
    unsigned i, bits;

    for (i = 0; i < count; i++) {
        cpu->neg.ranges[i].start = ranges[i].start;
        for (bits = 0; bits < ARRAY_SIZE(cpu->neg.ranges[i].size); bits++) {
            cpu->neg.ranges[i].size[bits] = ranges[i].length + (1u << bits) - 1;
        }
    }
    cpu->cflags_next_tb = -1; /* of the flags of before */
    cpu->tcg_cflags = (cpu->tcg_cflags & ~CF_RANGES_MASK) | count << CF_RANGES_SHIFT;
}

static void note_set(struct worker_watch_ranges *known, const struct range *ranges, unsigned count)
{
    known->count = count;
    memcpy(known->ranges, ranges, sizeof(known->ranges));
    known->comparing = known->always && count <= CPU_MAX_RANGES;
    known->misses = known->executed = 0;
}

void worker_watch_ranges_follow(struct worker *worker)
{
    struct worker_watch_ranges *known = worker->watch_ranges;
    struct range ranges[CPU_MAX_RANGES] = {0};
    unsigned count = collect(worker, ranges);

    /* A debugger takes its watchpoints out for each stop. */
    if (count && (count != known->count || memcmp(ranges, known->ranges, sizeof(ranges)))) {
        note_set(known, ranges, count);
    }
    known->present = count;
    compare_with(CPU(worker->cpu), ranges, known->comparing ? count : 0);
}

void worker_watch_ranges_missed(struct worker *worker)
{
    worker->watch_ranges->misses++;
}

void worker_watch_ranges_decide(struct worker *worker, uint64_t executed)
{
    struct worker_watch_ranges *known = worker->watch_ranges;

    if (!known->misses || !known->present || known->never || known->comparing ||
        known->count > CPU_MAX_RANGES) {
        return;
    }
    known->executed += executed;
    if (known->misses < known->executed / OFTEN) {
        known->misses = known->executed = 0;
    } else if (known->misses >= MISSES_LEAST) {
        known->comparing = true;
        compare_with(CPU(worker->cpu), known->ranges, known->count);
        tlb_flush(CPU(worker->cpu));
    }
}
