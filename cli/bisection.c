/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bisection.h"

#include <stdlib.h>
#include <string.h>

struct probed {
    uint64_t position;
    enum bisection_verdict verdict;
};

struct bisection {
    struct bisection_options options;
    struct probed *probes; /* by position */
    size_t count, capacity;
    unsigned hoped;  /* probes made because the last position is not bad */
    unsigned doubts; /* probes made of what was found */
    uint64_t found;  /* the first bad position that the doubts are about */
    bool no_memory;
};

struct bisection *bisection_new(const struct bisection_options *options)
{
    struct bisection *bisection = calloc(1, sizeof(*bisection));

    if (bisection) {
        bisection->options = *options;
    }
    return bisection;
}

void bisection_free(struct bisection *bisection)
{
    if (bisection) {
        free(bisection->probes);
        free(bisection);
    }
}

/* The index of the first probe at or behind a position. */
static size_t index_of(const struct bisection *bisection, uint64_t position)
{
    size_t low = 0, high = bisection->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bisection->probes[middle].position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_probed(const struct bisection *bisection, uint64_t position)
{
    size_t i = index_of(bisection, position);

    return i < bisection->count && bisection->probes[i].position == position;
}

void bisection_note(struct bisection *bisection, uint64_t position, enum bisection_verdict verdict)
{
    size_t i = index_of(bisection, position);

    if (bisection->count == bisection->capacity) {
        size_t capacity = bisection->capacity ? 2 * bisection->capacity : 64;
        struct probed *probes = realloc(bisection->probes, capacity * sizeof(*probes));

        if (!probes) {
            bisection->no_memory = true;
            return;
        }
        bisection->probes = probes;
        bisection->capacity = capacity;
    }
    memmove(bisection->probes + i + 1, bisection->probes + i,
            (bisection->count - i) * sizeof(*bisection->probes));
    bisection->probes[i] = (struct probed){position, verdict};
    bisection->count++;
}

/* The index of the first bad probe; count: there is none. */
static size_t first_bad(const struct bisection *bisection)
{
    size_t i = 0;

    while (i < bisection->count && bisection->probes[i].verdict != BISECTION_BAD) {
        i++;
    }
    return i;
}

/*
 * The index of the probe that the first bad one is looked for behind: the last good one before it,
 * or the first of all. Where skips_max between these two were skipped it is the last of them: what
 * is before it will not be known.
 */
static size_t lower_bound(const struct bisection *bisection, size_t bad)
{
    size_t good = bad;

    while (good > 0 && bisection->probes[good].verdict != BISECTION_GOOD) {
        good--;
    }
    return bad - good > bisection->options.skips_max ? bad - 1 : good;
}

/* Where the widest gap between two neighbours among places (count of them, ascending) is; 0: all
 * of them are neighbours. */
static uint64_t widest_gap(const uint64_t *places, size_t count, size_t *at)
{
    uint64_t widest = 0;

    for (size_t i = 0; i + 1 < count; i++) {
        if (places[i + 1] - places[i] > widest) {
            widest = places[i + 1] - places[i];
            *at = i;
        }
    }
    return widest > 1 ? widest : 0;
}

/* Adds positions in the middle of the widest gaps between probes first to last. Each counts as a
 * probe for the next. */
static unsigned halve(const struct bisection *bisection, size_t first, size_t last, unsigned wanted,
                      uint64_t *positions)
{
    size_t count = last - first + 1, at = 0;
    uint64_t *places = malloc((count + wanted) * sizeof(*places)), gap;
    unsigned added = 0;

    if (!places) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        places[i] = bisection->probes[first + i].position;
    }
    while (added < wanted && (gap = widest_gap(places, count, &at)) > 0) {
        positions[added++] = places[at] + gap / 2;
        memmove(places + at + 2, places + at + 1, (count - at - 1) * sizeof(*places));
        places[at + 1] = positions[added - 1];
        count++;
    }
    free(places);
    return added;
}

/* Adds positions that cut the stretch between two probes, which are neighbours, into equal parts.
 */
static unsigned divide(uint64_t low, uint64_t high, unsigned wanted, uint64_t *positions)
{
    uint64_t width = high - low, parts = width - 1 < wanted ? width : (uint64_t)wanted + 1;
    unsigned added = 0;

    for (uint64_t i = 1; i < parts; i++) {
        positions[added++] = low + width / parts * i + width % parts * i / parts;
    }
    return added;
}

/* What was found is probed on both sides, by turns. First right behind it, where a condition that
 * holds but for a moment is noticed. */
static unsigned doubt(struct bisection *bisection, size_t bad, uint64_t *positions)
{
    uint64_t position = bisection->probes[bad].position;
    unsigned wanted = bisection->options.at_once, left, half, added;

    if (bisection->found != position) {
        bisection->found = position;
        bisection->doubts = 0;
    }
    left = 2 * bisection->options.doubts - bisection->doubts;
    wanted = wanted < left ? wanted : left;
    if (!wanted) {
        return 0;
    }
    if (position < bisection->options.to && !is_probed(bisection, position + 1)) {
        positions[0] = position + 1;
        bisection->doubts++;
        return 1;
    }
    half = (wanted + bisection->doubts % 2) / 2;
    added = halve(bisection, 0, bad, half, positions);
    added += halve(bisection, bad, bisection->count - 1, wanted - added, positions + added);
    added += halve(bisection, 0, bad, added ? 0 : wanted, positions);
    bisection->doubts += added;
    return added;
}

/* Nothing bad is known: it may be in between. */
static unsigned hope(struct bisection *bisection, uint64_t *positions)
{
    unsigned left = bisection->options.hopes - bisection->hoped;
    unsigned wanted = bisection->options.at_once < left ? bisection->options.at_once : left;
    unsigned added = halve(bisection, 0, bisection->count - 1, wanted, positions);

    bisection->hoped += added;
    return added;
}

static unsigned first_round(const struct bisection *bisection, uint64_t *positions)
{
    unsigned added = 0;

    if (!is_probed(bisection, bisection->options.from)) {
        positions[added++] = bisection->options.from;
    }
    if (added < bisection->options.at_once && !is_probed(bisection, bisection->options.to) &&
        bisection->options.to != bisection->options.from) {
        positions[added++] = bisection->options.to;
    }
    return added;
}

static unsigned search(struct bisection *bisection, size_t bad, uint64_t *positions)
{
    size_t low = lower_bound(bisection, bad);
    uint64_t from = bisection->probes[low].position, to = bisection->probes[bad].position;
    unsigned added;

    if (bad - low == 1) {
        added = to - from > 1 ? divide(from, to, bisection->options.at_once, positions) : 0;
    } else {
        added = halve(bisection, low, bad, bisection->options.at_once, positions);
    }
    return added ? added : doubt(bisection, bad, positions);
}

static int compare_positions(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return one < other ? -1 : one > other;
}

unsigned bisection_next(struct bisection *bisection, uint64_t *positions)
{
    unsigned added = first_round(bisection, positions);
    size_t bad = first_bad(bisection);

    if (bisection->no_memory) {
        return 0;
    }
    if (!added && bad == 0) {
        return 0; /* the first position is bad */
    }
    if (!added) {
        added = bad == bisection->count ? hope(bisection, positions)
                                        : search(bisection, bad, positions);
    }
    qsort(positions, added, sizeof(*positions), compare_positions);
    return added;
}

void bisection_bounds(const struct bisection *bisection, uint64_t *good, uint64_t *bad)
{
    size_t i = first_bad(bisection);

    *good = bisection->options.from;
    *bad = bisection->options.to;
    if (i < bisection->count) {
        *bad = bisection->probes[i].position;
        *good = i ? bisection->probes[lower_bound(bisection, i)].position : *bad;
    }
}

/* Looks for a good position behind the first bad one, and the bad one before it. */
static void find_return(const struct bisection *bisection, size_t bad,
                        struct bisection_result *result)
{
    for (size_t i = bad + 1; i < bisection->count; i++) {
        if (bisection->probes[i].verdict == BISECTION_BAD) {
            bad = i;
        } else if (bisection->probes[i].verdict == BISECTION_GOOD) {
            result->not_monotone = true;
            result->bad_before = bisection->probes[bad].position;
            result->good_behind = bisection->probes[i].position;
            return;
        }
    }
}

void bisection_result(const struct bisection *bisection, struct bisection_result *result)
{
    size_t bad = first_bad(bisection), good = bad;

    *result = (struct bisection_result){.probes = (unsigned)bisection->count};
    for (size_t i = 0; i < bisection->count; i++) {
        result->skips += bisection->probes[i].verdict == BISECTION_SKIP;
        result->last_skipped = bisection->probes[i].verdict == BISECTION_SKIP;
    }
    if (bisection->no_memory || bad == bisection->count) {
        result->end = bisection->no_memory ? BISECTION_NO_MEMORY : BISECTION_NEVER_BAD;
        return;
    }
    result->end = bad ? BISECTION_FOUND : BISECTION_BAD_AT_ONCE;
    result->first_bad = bisection->probes[bad].position;
    result->unsure = bad && bisection->probes[bad - 1].verdict == BISECTION_SKIP;
    while (good > 0 && !result->has_good) {
        result->has_good = bisection->probes[--good].verdict == BISECTION_GOOD;
    }
    result->last_good = result->has_good ? bisection->probes[good].position : 0;
    find_return(bisection, bad, result);
}
