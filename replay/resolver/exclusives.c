/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exclusives.h"

#include "candidates.h"
#include "suspects.h"

#include <stdlib.h>

/*
 * What follows bounds the search, and is not measured with guests. The toy histories of
 * tests/unit/test_resolver.c need 2431 replays in the 44 intervals of them that are searched; what
 * other limits do to that stands beside some. As docs/nondeterminism.md says, one or two that
 * failed between two anchors are found, hardly ever more.
 */

/* Those tried one by one at each distance from the failure before anything else is. Each costs a
 * replay. (With 16 it takes 2371.) */
#define MANY 2048u

/* Pairs are tried of so many of them, which makes 256 replays at most. (None of the toy histories
 * needs a pair; without, it takes 2294.) */
#define PAIR_CANDIDATES 16u

/* How many of one place in the program are tried in a row. (None of the toy histories needs more
 * than two.) */
#define MAX_IN_A_ROW 8u

/* Rows and pairs are tried at so many anchors before the failure at most, since each distance has
 * as many of them again. */
#define NEAR_ANCHORS 2u

/* Stretches looked at where the counts do not add up. */
#define MAX_SUSPECTS 16u

/* True if the store-exclusive fails already on the branch because it was made to. */
static bool decided(const struct trial *trial, const struct worker_exclusive *exclusive)
{
    for (const struct trail *at = trial->branch->tip; at; at = at->parent) {
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
static int try_one_more(struct trial *trial, const struct place *from, struct decision_list *flips,
                        const struct candidates *candidates, size_t first, size_t end,
                        struct ebb_error *error)
{
    struct candidate *list = candidates_rank(candidates, error);
    int result = TRIAL_NOTHING;

    if (!list) {
        return TRIAL_ERROR;
    }
    for (size_t i = first; i < candidates->count && i < end && result == TRIAL_NOTHING; i++) {
        if (decided(trial, &list[i].exclusive)) {
            continue;
        }
        if (trial_exhausted(trial)) {
            break;
        }
        flips->list[flips->count - 1] = decision_clear_exclusive(&list[i].exclusive);
        trial->interval->effort.exclusives++;
        result = trial_run(trial, from, flips, error);
    }
    free(list);
    return result;
}

static int try_single(struct trial *trial, const struct place *from,
                      const struct candidates *candidates, size_t first, size_t end,
                      struct ebb_error *error)
{
    struct decision flip;

    return try_one_more(trial, from, &(struct decision_list){&flip, 1}, candidates, first, end,
                        error);
}

/* Two that failed before anything shows it. What comes behind the first is listed anew. */
static int try_pairs(struct trial *trial, const struct place *from,
                     const struct candidates *candidates, uint64_t before, struct ebb_error *error)
{
    struct candidate *list = candidates_rank(candidates, error);
    int result = TRIAL_NOTHING;

    if (!list) {
        return TRIAL_ERROR;
    }
    for (size_t i = 0; i < candidates->count && i < PAIR_CANDIDATES && result == TRIAL_NOTHING &&
                       !trial_exhausted(trial);
         i++) {
        struct decision flips[2] = {decision_clear_exclusive(&list[i].exclusive)};
        struct candidates later;

        result = candidates_list(trial, from, trial_event_behind_failure(trial),
                                 &(struct decision_list){flips, 1}, &later, error);
        candidates_restrict(&later, flips[0].override.position, before);
        if (result == TRIAL_NOTHING) {
            result = try_one_more(trial, from, &(struct decision_list){flips, 2}, &later, 0,
                                  PAIR_CANDIDATES, error);
        }
        candidates_free(&later);
    }
    free(list);
    return result;
}

/* The one given, and the next ones at the same place in the program, one more at each turn. */
static int try_row(struct trial *trial, const struct place *from,
                   const struct worker_exclusive *first, uint64_t before, struct ebb_error *error)
{
    struct decision flips[MAX_IN_A_ROW] = {decision_clear_exclusive(first)};
    struct decision_list list = {flips, 1};
    int result = TRIAL_NOTHING;

    while (list.count < MAX_IN_A_ROW && result == TRIAL_NOTHING && !trial_exhausted(trial)) {
        struct candidates later;
        size_t next = 0;

        result =
            candidates_list(trial, from, trial_event_behind_failure(trial), &list, &later, error);
        candidates_restrict(&later, flips[list.count - 1].override.position, before);
        while (next < later.count && later.list[next].pc != first->pc) {
            next++;
        }
        if (result == TRIAL_NOTHING && next < later.count) {
            flips[list.count++] = decision_clear_exclusive(&later.list[next]);
            trial->interval->effort.exclusives++;
            result = trial_run(trial, from, &list, error);
        } else {
            list.count = MAX_IN_A_ROW;
        }
        candidates_free(&later);
    }
    return result;
}

/* Several at one place in the program that failed before anything shows it. */
static int try_rows(struct trial *trial, const struct place *from,
                    const struct candidates *candidates, uint64_t before, struct ebb_error *error)
{
    struct candidate *list = candidates_rank(candidates, error);
    int result = TRIAL_NOTHING;

    if (!list) {
        return TRIAL_ERROR;
    }
    for (size_t i = 0; i < candidates->count && result == TRIAL_NOTHING; i++) {
        if (list[i].rank == MAX_IN_A_ROW - 1) {
            result = try_row(trial, from, &list[i].exclusive, before, error);
        }
    }
    free(list);
    return result;
}

/* The count of an event: of the last anchor so far. */
static int read_count(struct interval *interval, uint64_t number, uint64_t *count,
                      struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
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
static int latest_of_interest(struct trial *trial, const struct place *from, uint64_t *before,
                              struct ebb_error *error)
{
    struct interval *interval = trial->interval;
    const struct failure *failed = &trial->branch->failure;
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
    *before = from->trail->position + (failed_count - count) + INTERVAL_SLACK;
    return 0;
}

/* What is tried with the store-exclusives behind an anchor that is `back` anchors before the
 * failure, and before position `before`, which moves to that anchor. */
static int fail_behind(struct trial *trial, size_t back, bool quick, uint64_t *before,
                       struct ebb_error *error)
{
    struct candidates candidates;
    struct place from;
    int result = trial_go_back(trial, back, &from, error);

    if (result <= 0) {
        return result;
    }
    result = candidates_list(trial, &from, trial_event_behind_failure(trial), &decision_none,
                             &candidates, error);
    if (result == 0 && !*before) {
        result = latest_of_interest(trial, &from, before, error);
    }
    candidates_restrict(&candidates, 0, *before);
    if (result == 0) {
        result =
            try_single(trial, &from, &candidates, quick ? 0 : MANY, quick ? MANY : SIZE_MAX, error);
    }
    if (result == 0 && quick && back <= NEAR_ANCHORS) {
        result = try_rows(trial, &from, &candidates, *before, error);
    }
    if (result == 0 && quick && back <= NEAR_ANCHORS) {
        result = try_pairs(trial, &from, &candidates, *before, error);
    }
    *before = from.trail->position;
    candidates_free(&candidates);
    trial_leave(&from);
    return result;
}

static int fail_in_suspect(struct trial *trial, const struct suspect *suspect,
                           struct ebb_error *error)
{
    struct candidates candidates;
    struct place from;
    int result = trial_go_before(trial, suspect->from_event, &from, error);

    if (result <= 0) {
        return result;
    }
    result =
        candidates_list(trial, &from, suspect->until_event, &decision_none, &candidates, error);
    candidates_restrict(&candidates, 0, suspect->until_position);
    if (result == 0) {
        result = try_single(trial, &from, &candidates, 0, SIZE_MAX, error);
    }
    candidates_free(&candidates);
    trial_leave(&from);
    return result;
}

static int fail_in_suspects(struct trial *trial, struct ebb_error *error)
{
    struct suspect list[MAX_SUSPECTS];
    size_t count = MAX_SUSPECTS;
    int result = suspects_list(trial, list, &count, error);

    for (size_t i = 0; i < count && result == TRIAL_NOTHING; i++) {
        result = fail_in_suspect(trial, &list[i], error);
    }
    return result;
}

/* From the last anchor before the failure, then where the counts look strange, then from the
 * anchors before the last, farther and farther. */
int exclusives_fail(struct trial *trial, bool quick, struct ebb_error *error)
{
    struct interval *interval = trial->interval;
    uint64_t failed = trial->branch->failure.event_number, before = 0;
    int result = TRIAL_NOTHING;
    size_t back = 1;

    do {
        result = fail_behind(trial, back, quick, &before, error);
        if (result == TRIAL_NOTHING && back == 1 && quick) {
            result = fail_in_suspects(trial, error);
        }
        back *= 2;
    } while (result == TRIAL_NOTHING &&
             anchor_list_event_behind(&interval->anchors, failed, back / 2) >
                 interval->first_event &&
             !trial_exhausted(trial));
    return result;
}
