/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair.h"

#include <stdlib.h>

/* Store-exclusives that are tried one by one at each distance before anything else is. */
#define MANY 2048u
/* Those of which two are tried together, and how many of one place in the program in a row. */
#define PAIR_CANDIDATES 16u
#define MAX_IN_A_ROW 8u
#define MAX_SUSPECTS 16u

struct exclusives {
    struct worker_exclusive *list; /* in order of execution */
    size_t count;
};

static uint64_t behind_failure(const struct repair *repair)
{
    uint64_t failed = repair->branch->failure.event_number;

    return failed + (failed < repair->interval->until_event);
}

/* Lists those from a place to an event, or to where the replay fails, when more decisions are made
 * on the way. */
static int list_exclusives(struct repair *repair, const struct place *from, uint64_t until_event,
                           const struct decision_list *more, struct exclusives *exclusives,
                           struct ebb_error *error)
{
    struct worker_client_resolution resolution;
    struct decision_list decisions;
    struct attempt attempt = {
        .from = from->trail,
        .decisions = &decisions,
        .until_event = until_event,
        .limit = UINT64_MAX,
        .give_up = TRIAL_GIVE_UP,
        .slack = repair->interval->slack,
        .flags = WORKER_RESOLVE_LIST_EXCLUSIVES,
    };
    int result;

    *exclusives = (struct exclusives){0};
    if (repair_collect(repair, from->ancestor, more, &decisions, error)) {
        return -1;
    }
    repair->interval->repair.replays += more->count > 0;
    result = interval_attempt(repair->interval, &attempt, &resolution, error);
    free(decisions.list);
    if (result == 0) {
        exclusives->list = resolution.exclusives;
        exclusives->count = resolution.head.exclusive_count;
        resolution.exclusives = NULL;
    }
    worker_client_resolution_free(&resolution);
    return result;
}

/* Leaves those that are behind `after` and before `before`. */
static void restrict_exclusives(struct exclusives *exclusives, uint64_t after, uint64_t before)
{
    size_t count = 0;

    for (size_t i = 0; i < exclusives->count; i++) {
        if (exclusives->list[i].position > after && exclusives->list[i].position < before) {
            exclusives->list[count++] = exclusives->list[i];
        }
    }
    exclusives->count = count;
}

struct candidate {
    struct worker_exclusive exclusive;
    size_t rank; /* how many later ones there are at the same PC */
    size_t order;
};

static int by_pc_latest_first(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;

    if (one->exclusive.pc != other->exclusive.pc) {
        return one->exclusive.pc < other->exclusive.pc ? -1 : 1;
    }
    return one->order > other->order ? -1 : one->order < other->order;
}

static int by_rank_latest_first(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;

    if (one->rank != other->rank) {
        return one->rank < other->rank ? -1 : 1;
    }
    return one->order > other->order ? -1 : one->order < other->order;
}

/*
 * The order in which to try: the latest first, but the last one of each place in the program before
 * a second one of any. A loop that takes a lock a thousand times does not hide what came before.
 */
static struct candidate *rank(const struct exclusives *exclusives)
{
    struct candidate *list = calloc(exclusives->count + 1, sizeof(*list));

    for (size_t i = 0; list && i < exclusives->count; i++) {
        list[i] = (struct candidate){.exclusive = exclusives->list[i], .order = i};
    }
    if (!list) {
        return NULL;
    }
    qsort(list, exclusives->count, sizeof(*list), by_pc_latest_first);
    for (size_t i = 1; i < exclusives->count; i++) {
        if (list[i].exclusive.pc == list[i - 1].exclusive.pc) {
            list[i].rank = list[i - 1].rank + 1;
        }
    }
    qsort(list, exclusives->count, sizeof(*list), by_rank_latest_first);
    return list;
}

/* True if the store-exclusive fails already on the branch because it was made to. */
static bool decided(const struct repair *repair, const struct worker_exclusive *exclusive)
{
    for (const struct trail *at = repair->branch->tip; at; at = at->parent) {
        for (size_t i = 0; i < at->decisions.count; i++) {
            const struct worker_override *override = &at->decisions.list[i].override;

            if (override->kind == WORKER_CLEAR_EXCLUSIVE &&
                override->position == exclusive->position) {
                return true;
            }
        }
    }
    return false;
}

/* Tries to let one of them fail after those of `flips`, whose last element is free for it. Of the
 * candidates, in their order, those from first to end. */
static int try_one_more(struct repair *repair, const struct place *from,
                        struct decision_list *flips, const struct exclusives *exclusives,
                        size_t first, size_t end, struct ebb_error *error)
{
    struct candidate *list = rank(exclusives);
    int result = TRIED_NOTHING;

    if (!list) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    for (size_t i = first; i < exclusives->count && i < end && result == TRIED_NOTHING; i++) {
        if (decided(repair, &list[i].exclusive)) {
            continue;
        }
        if (repair_exhausted(repair->interval)) {
            break;
        }
        flips->list[flips->count - 1] = decision_clear_exclusive(&list[i].exclusive);
        repair->interval->repair.exclusives++;
        result = repair_try(repair, from, flips, error);
    }
    free(list);
    return result;
}

static int try_single(struct repair *repair, const struct place *from,
                      const struct exclusives *exclusives, size_t first, size_t end,
                      struct ebb_error *error)
{
    struct decision flip;

    return try_one_more(repair, from, &(struct decision_list){&flip, 1}, exclusives, first, end,
                        error);
}

/* Two that failed before anything shows it. What comes behind the first is listed anew. */
static int try_pairs(struct repair *repair, const struct place *from,
                     const struct exclusives *exclusives, uint64_t before, struct ebb_error *error)
{
    struct candidate *list = rank(exclusives);
    int result = TRIED_NOTHING;

    if (!list) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    for (size_t i = 0; i < exclusives->count && i < PAIR_CANDIDATES && result == TRIED_NOTHING &&
                       !repair_exhausted(repair->interval);
         i++) {
        struct decision flips[2] = {decision_clear_exclusive(&list[i].exclusive)};
        struct exclusives later;

        result = list_exclusives(repair, from, behind_failure(repair),
                                 &(struct decision_list){flips, 1}, &later, error);
        restrict_exclusives(&later, flips[0].override.position, before);
        if (result == TRIED_NOTHING) {
            result = try_one_more(repair, from, &(struct decision_list){flips, 2}, &later, 0,
                                  PAIR_CANDIDATES, error);
        }
        free(later.list);
    }
    free(list);
    return result;
}

/* The one given, and the next ones at the same place in the program, one more at each turn. */
static int try_row(struct repair *repair, const struct place *from,
                   const struct worker_exclusive *first, uint64_t before, struct ebb_error *error)
{
    struct decision flips[MAX_IN_A_ROW] = {decision_clear_exclusive(first)};
    struct decision_list list = {flips, 1};
    int result = TRIED_NOTHING;

    while (list.count < MAX_IN_A_ROW && result == TRIED_NOTHING &&
           !repair_exhausted(repair->interval)) {
        struct exclusives later;
        size_t next = 0;

        result = list_exclusives(repair, from, behind_failure(repair), &list, &later, error);
        restrict_exclusives(&later, flips[list.count - 1].override.position, before);
        while (next < later.count && later.list[next].pc != first->pc) {
            next++;
        }
        if (result == TRIED_NOTHING && next < later.count) {
            flips[list.count++] = decision_clear_exclusive(&later.list[next]);
            repair->interval->repair.exclusives++;
            result = repair_try(repair, from, &list, error);
        } else {
            list.count = MAX_IN_A_ROW;
        }
        free(later.list);
    }
    return result;
}

/* Several at one place in the program that failed before anything shows it. */
static int try_rows(struct repair *repair, const struct place *from,
                    const struct exclusives *exclusives, uint64_t before, struct ebb_error *error)
{
    struct candidate *list = rank(exclusives);
    int result = TRIED_NOTHING;

    if (!list) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    for (size_t i = 0; i < exclusives->count && result == TRIED_NOTHING; i++) {
        if (list[i].rank == MAX_IN_A_ROW - 1) {
            result = try_row(repair, from, &list[i].exclusive, before, error);
        }
    }
    free(list);
    return result;
}

/* The count of an event: of the last anchor so far. */
static int read_count(struct interval *interval, uint64_t number, uint64_t *count,
                      struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->lane->resolver->log, error);
    struct ebb_event event;
    int got = -1;

    if (cursor && ebb_cursor_seek_event(cursor, number, error) == 0) {
        got = ebb_cursor_next(cursor, &event, error);
    }
    *count = got > 0 ? event.position : 0;
    ebb_cursor_free(cursor);
    return got < 0 ? -1 : 0;
}

/*
 * Store-exclusives are of interest up to the failure. An anchor that was not met is not where the
 * worker gave up, but about where its count says.
 */
static int latest_of_interest(struct repair *repair, const struct place *from, uint64_t *before,
                              struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    const struct failure *failed = &repair->branch->failure;
    uint64_t count = interval->keyframe.position, failed_count;

    *before = UINT64_MAX;
    if (failed->kind != FAILURE_NO_MATCH) {
        return 0;
    }
    if ((from->trail->event_number > interval->first_event &&
         read_count(interval, from->trail->event_number - 1, &count, error)) ||
        read_count(interval, failed->event_number, &failed_count, error)) {
        return -1;
    }
    *before = from->trail->position + (failed_count - count) + SEARCH_SLACK;
    return 0;
}

/* What is tried with the store-exclusives behind an anchor that is `back` anchors before the
 * failure, and before position `before`, which moves to that anchor. */
static int fail_behind(struct repair *repair, size_t back, bool quick, uint64_t *before,
                       struct ebb_error *error)
{
    uint64_t failed = repair->branch->failure.event_number;
    struct exclusives exclusives;
    struct place from;
    int result = repair_go_before(
        repair, repair_event_behind_anchor(repair->interval, failed, back), &from, error);

    if (result <= 0) {
        return result;
    }
    result = list_exclusives(repair, &from, behind_failure(repair), &(struct decision_list){0},
                             &exclusives, error);
    if (result == 0 && !*before) {
        result = latest_of_interest(repair, &from, before, error);
    }
    restrict_exclusives(&exclusives, 0, *before);
    if (result == 0) {
        result = try_single(repair, &from, &exclusives, quick ? 0 : MANY, quick ? MANY : SIZE_MAX,
                            error);
    }
    if (result == 0 && quick && back <= 2) {
        result = try_rows(repair, &from, &exclusives, *before, error);
    }
    if (result == 0 && quick && back <= 2) {
        result = try_pairs(repair, &from, &exclusives, *before, error);
    }
    *before = from.trail->position;
    free(exclusives.list);
    repair_leave(&from);
    return result;
}

static int fail_in_suspect(struct repair *repair, const struct suspect *suspect,
                           struct ebb_error *error)
{
    struct exclusives exclusives;
    struct place from;
    int result = repair_go_before(repair, suspect->from_event, &from, error);

    if (result <= 0) {
        return result;
    }
    result = list_exclusives(repair, &from, suspect->until_event, &(struct decision_list){0},
                             &exclusives, error);
    restrict_exclusives(&exclusives, 0, suspect->until_position);
    if (result == 0) {
        result = try_single(repair, &from, &exclusives, 0, SIZE_MAX, error);
    }
    free(exclusives.list);
    repair_leave(&from);
    return result;
}

static int fail_in_suspects(struct repair *repair, struct ebb_error *error)
{
    struct suspect list[MAX_SUSPECTS];
    size_t count = MAX_SUSPECTS;
    int result = repair_list_suspects(repair, list, &count, error);

    for (size_t i = 0; i < count && result == TRIED_NOTHING; i++) {
        result = fail_in_suspect(repair, &list[i], error);
    }
    return result;
}

/* From the last anchor before the failure, then where the counts look strange, then from the
 * anchors before the last, farther and farther. */
int repair_fail_exclusives(struct repair *repair, bool quick, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    uint64_t failed = repair->branch->failure.event_number, before = 0;
    int result = TRIED_NOTHING;
    size_t back = 1;

    do {
        result = fail_behind(repair, back, quick, &before, error);
        if (result == TRIED_NOTHING && back == 1 && quick) {
            result = fail_in_suspects(repair, error);
        }
        back *= 2;
    } while (result == TRIED_NOTHING &&
             repair_event_behind_anchor(interval, failed, back / 2) > interval->first_event &&
             !repair_exhausted(interval));
    return result;
}
