/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repairing an interval whose replay and recording part. What may be wrong:
 *
 *   - An anchor matched at several places, and the likeliest one was not the right one.
 *   - An anchor's place is farther from the expected one than was looked for.
 *   - A store-exclusive failed on the host, because the host interrupted the guest between load and
 *     store, and did not fail in the replay. In a loop that tries again this only adds
 * instructions; elsewhere the guest does something else from there on.
 *
 * Each candidate is tried by replaying with it from a checkpoint before. It is good if the event
 * that did not fit fits with it, and better the farther the replay gets; the one that gets to the
 * interval's end and has the right state there is it. What shows late may have gone wrong early:
 * the search goes back step by step.
 *
 * Anchors are the places to begin at, since the registers were right there. A synchronous event
 * only says that its value was.
 */
#include "resolver_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPAIR_TRIES 65536u
#define REPAIR_SECONDS 120u
#define MAX_DEPTH 200u

/* A candidate that gets so many anchors farther is the right one, and what is wrong there is
 * something else. */
#define FAR_ANCHORS 16u

/* When candidates are tried an anchor's place is known well; a search for it would take longer than
 * all the rest. */
#define TRIAL_GIVE_UP 2000u

/* From the event before on, and so far behind the expected place. */
#define WIDE_GIVE_UP (16 * SEARCH_GIVE_UP)
#define WIDEST_GIVE_UP (640 * SEARCH_GIVE_UP)

#define MAX_PLACES 64u         /* ambiguous anchors looked at in one go */
#define MAX_ADVANCED 8u        /* candidates remembered for getting farther */
#define MAX_EVENTS (1u << 20u) /* to look through for anchors */

/* Store-exclusives that are tried one by one at each distance before anything else is. */
#define MANY 2048u
/* Those of which two are tried together, and how many of one place in the program in a row. */
#define PAIR_CANDIDATES 16u
#define MAX_IN_A_ROW 8u

static const struct decision_list no_decisions;

struct repair {
    struct interval *interval;
    struct branch *branch; /* what is to be repaired */
    struct branch done;    /* a way to the end, or far beyond the failure */
    struct branch advanced[MAX_ADVANCED];
    size_t advanced_count;
};

/* Results of trying something. */
enum {
    TRIED_ERROR = -1,
    TRIED_NOTHING = 0, /* no better */
    TRIED_WHOLE = 1,   /* repair->done is a way to the interval's end */
    TRIED_FAR = 2,     /* repair->done gets far beyond the failure */
};

void branch_clear(struct branch *branch)
{
    trail_release(branch->tip);
    failure_clear(&branch->failure);
    *branch = (struct branch){0};
}

static uint64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool exhausted(struct interval *interval)
{
    const struct resolve_options *options = interval->lane->resolver->options;
    struct repair_counts *counts = &interval->repair;
    unsigned tries = options->repair_tries ? options->repair_tries : REPAIR_TRIES;
    unsigned seconds = options->repair_seconds ? options->repair_seconds : REPAIR_SECONDS;

    if (!counts->deadline) {
        counts->deadline = clock_now() + (uint64_t)seconds * 1000000000u;
    }
    return counts->replays >= tries || clock_now() > counts->deadline;
}

/* Anchors. */

/* Lists the interval's anchors up to its end, or the last of them if there are very many events. */
static int list_anchors(struct interval *interval, uint64_t before, struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    uint64_t from = interval->first_event;
    size_t room = 0;
    int result = 0;

    free(interval->anchors);
    interval->anchors = NULL;
    interval->anchor_count = 0;
    from = before - from > MAX_EVENTS ? before - MAX_EVENTS : from;
    cursor = ebb_cursor_new(interval->lane->resolver->log, error);
    if (!cursor || ebb_cursor_seek_event(cursor, from, error)) {
        result = -1;
    }
    for (uint64_t number = from; result == 0 && number < before; number++) {
        int got = ebb_cursor_next(cursor, &event, error);

        if (got <= 0) {
            result = got;
            break;
        }
        if (event.kind != EBB_EVENT_ANCHOR) {
            continue;
        }
        if (interval->anchor_count == room) {
            uint64_t *list;

            room = 2 * room + 256;
            list = realloc(interval->anchors, room * sizeof(*list));
            if (!list) {
                result = ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
                break;
            }
            interval->anchors = list;
        }
        interval->anchors[interval->anchor_count++] = number;
    }
    ebb_cursor_free(cursor);
    return result;
}

/* The event behind the anchor that is `back` anchors before event number; the interval's first one
 * if there are not so many. */
static uint64_t event_behind_anchor(const struct interval *interval, uint64_t number, size_t back)
{
    size_t count = interval->anchor_count;

    while (count && interval->anchors[count - 1] >= number) {
        count--;
    }
    return count < back ? interval->first_event : interval->anchors[count - back] + 1;
}

/* Going there. */

/*
 * The decisions made on the branch behind ancestor, and more. Those of the branch that are behind
 * the first of more are about places that may have moved by it; but if they have, the replay does
 * not get beyond them in any case.
 */
static int collect(const struct repair *repair, const struct trail *ancestor,
                   const struct decision_list *more, struct decision_list *decisions,
                   struct ebb_error *error)
{
    int result;

    *decisions = (struct decision_list){0};
    result = trail_decisions(repair->branch->tip, ancestor, decisions);
    for (size_t i = 0; i < more->count && result == 0; i++) {
        result = decision_list_add(decisions, &more->list[i]);
    }
    if (result) {
        free(decisions->list);
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    return 0;
}

/*
 * A trail whose last stretches are not the branch's own, but which was run with all of the branch's
 * decisions, has them too: so the branch's ancestor it started from is what counts.
 */
struct place {
    struct trail *trail;    /* owned, pinned */
    struct trail *ancestor; /* on the branch, not owned: trail and branch part here */
};

static void leave(struct place *place)
{
    place->trail->pins--;
    trail_release(place->trail);
}

/* Goes to right before event number, as the branch does. 1: there; 0: cannot be; -1: error. */
static int go_before(struct repair *repair, uint64_t number, struct place *place,
                     struct ebb_error *error)
{
    struct failure failure;
    struct decision_list decisions;
    struct attempt attempt = {
        .from = trail_restorable(repair->branch->tip, number),
        .decisions = &decisions,
        .until_event = number,
        .give_up = repair->interval->give_up,
        .slack = repair->interval->slack,
    };
    int result;

    *place = (struct place){.ancestor = attempt.from};
    if (collect(repair, attempt.from, &no_decisions, &decisions, error)) {
        return -1;
    }
    result = interval_reach(repair->interval, &attempt, 0, &place->trail, &failure, error);
    free(decisions.list);
    if (result > 0) {
        place->trail->pins++;
    } else if (result == 0) {
        failure_clear(&failure);
        trail_release(place->trail);
    }
    return result;
}

/* Trying. */

/* True if one failure is nearer to the interval's end, or to the right state there. */
static bool nearer(const struct failure *one, const struct failure *other)
{
    if (one->event_number != other->event_number) {
        return one->event_number > other->event_number;
    }
    return one->kind == FAILURE_WRONG_END && other->kind == FAILURE_WRONG_END &&
           one->differences < other->differences;
}

static void remember(struct repair *repair, struct branch *branch)
{
    size_t worst = 0;

    if (repair->advanced_count < MAX_ADVANCED) {
        repair->advanced[repair->advanced_count++] = *branch;
        return;
    }
    for (size_t i = 1; i < MAX_ADVANCED; i++) {
        if (nearer(&repair->advanced[worst].failure, &repair->advanced[i].failure)) {
            worst = i;
        }
    }
    if (nearer(&branch->failure, &repair->advanced[worst].failure)) {
        branch_clear(&repair->advanced[worst]);
        repair->advanced[worst] = *branch;
    } else {
        branch_clear(branch);
    }
}

/* A candidate is past the failure, at tip: how far does it get? Takes over tip. */
static int go_on(struct repair *repair, struct trail *tip, struct ebb_error *error)
{
    struct failure *failed = &repair->branch->failure;
    struct branch branch = {0};
    int result = interval_finish(repair->interval, tip, &branch.tip, &branch.failure, error);

    trail_release(tip);
    if (result < 0) {
        return TRIED_ERROR;
    }
    if (result > 0 || branch.failure.anchors >= failed->anchors + FAR_ANCHORS) {
        repair->done = branch;
        return result > 0 ? TRIED_WHOLE : TRIED_FAR;
    }
    if (nearer(&branch.failure, failed)) {
        remember(repair, &branch);
    } else {
        branch_clear(&branch);
    }
    return TRIED_NOTHING;
}

/* Tries an attempt whose until_event is filled in here: behind the event that failed. */
static int try(struct repair *repair, struct attempt *attempt, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    const struct failure *failed = &repair->branch->failure;
    struct failure failure;
    struct trail *tip;
    int result;

    interval->repair.replays++;
    attempt->until_event = failed->event_number + (failed->event_number < interval->until_event);
    result = interval_reach(interval, attempt, 0, &tip, &failure, error);
    if (result > 0) {
        return go_on(repair, tip, error);
    }
    if (result == 0) {
        failure_clear(&failure);
        trail_release(tip);
    }
    return result < 0 ? TRIED_ERROR : TRIED_NOTHING;
}

/* Tries decisions that the branch does not have, from a place before them. */
static int try_decisions(struct repair *repair, const struct place *from,
                         const struct decision_list *more, struct ebb_error *error)
{
    struct decision_list decisions;
    struct attempt attempt = {
        .from = from->trail,
        .decisions = &decisions,
        .give_up = TRIAL_GIVE_UP,
        .slack = repair->interval->slack,
    };
    int result;

    if (collect(repair, from->ancestor, more, &decisions, error)) {
        return TRIED_ERROR;
    }
    result = try(repair, &attempt, error);
    free(decisions.list);
    return result;
}

/* Other places for ambiguous anchors. */

struct ambiguous {
    uint64_t event;
    uint64_t places[8];
};

/* Lists the ambiguous anchors from a place to the failure. */
static int survey(struct repair *repair, const struct place *from, struct ambiguous *list,
                  size_t *count, struct ebb_error *error)
{
    struct trail *at = trail_take(from->trail);
    struct decision_list decisions;
    int result;

    *count = 0;
    result = collect(repair, from->ancestor, &no_decisions, &decisions, error) ? -1 : 1;
    if (result < 0) {
        decisions = (struct decision_list){0};
    }
    while (result > 0 && *count < MAX_PLACES && !exhausted(repair->interval)) {
        struct worker_resolution resolution = {0};
        struct failure failure;
        struct attempt attempt = {
            .from = at,
            .decisions = &decisions,
            .until_event = repair->branch->failure.event_number,
            .limit = UINT64_MAX,
            .give_up = repair->interval->give_up,
            .slack = repair->interval->slack,
        };
        struct trail *next;

        result = interval_attempt(repair->interval, &attempt, &resolution, error) ? -1 : 1;
        if (result < 0 || !resolution.head.ambiguous ||
            resolution.head.first_ambiguous < at->event_number) {
            worker_resolution_free(&resolution);
            break;
        }
        list[*count].event = resolution.head.first_ambiguous;
        memcpy(list[*count].places, resolution.head.candidates, sizeof(list->places));
        worker_resolution_free(&resolution);
        attempt.until_event = list[(*count)++].event + 1;
        result = interval_reach(repair->interval, &attempt, 0, &next, &failure, error);
        if (result == 0) {
            failure_clear(&failure);
        }
        if (result >= 0) {
            trail_release(at);
            at = next;
        }
    }
    free(decisions.list);
    trail_release(at);
    return result < 0 ? -1 : 0;
}

static int try_places(struct repair *repair, const struct place *from,
                      const struct ambiguous *anchor, struct ebb_error *error)
{
    int result = TRIED_NOTHING;

    for (size_t i = 1;
         i < 8 && anchor->places[i] && result == TRIED_NOTHING && !exhausted(repair->interval);
         i++) {
        struct decision decision = {.override = {.kind = WORKER_PLACE_EVENT,
                                                 .event = anchor->event,
                                                 .position = anchor->places[i]}};

        repair->interval->repair.places++;
        result = try_decisions(repair, from, &(struct decision_list){&decision, 1}, error);
    }
    return result;
}

static int other_places(struct repair *repair, size_t back, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    uint64_t failed = repair->branch->failure.event_number;
    struct ambiguous list[MAX_PLACES];
    struct place from;
    size_t count = 0;
    int result = go_before(repair, event_behind_anchor(interval, failed, back), &from, error);

    if (result <= 0) {
        return result;
    }
    result = survey(repair, &from, list, &count, error) ? TRIED_ERROR : TRIED_NOTHING;
    while (count-- && result == TRIED_NOTHING) {
        result = try_places(repair, &from, &list[count], error);
    }
    leave(&from);
    return result;
}

/*
 * Looks for the anchor that was not met from the event before on. Where it is met is no guess: it
 * is taken at once, and what comes then is another matter.
 */
static int search_wider(struct repair *repair, uint64_t give_up, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    const struct failure *failed = &repair->branch->failure;
    struct attempt attempt = {.decisions = &no_decisions,
                              .until_event = failed->event_number + 1,
                              .give_up = give_up,
                              .slack = UINT32_MAX};
    struct failure failure;
    struct place from;
    struct trail *tip;
    int result;

    if (failed->kind != FAILURE_NO_MATCH || exhausted(interval)) {
        return TRIED_NOTHING;
    }
    result = go_before(repair, failed->event_number, &from, error);
    if (result <= 0) {
        return result;
    }
    attempt.from = from.trail;
    interval->repair.searches++;
    interval->repair.replays++;
    result = interval_reach(interval, &attempt, 0, &tip, &failure, error);
    leave(&from);
    if (result > 0) {
        interval->slack = attempt.slack;
        interval->give_up = give_up > interval->give_up ? give_up : interval->give_up;
        result = interval_finish(interval, tip, &repair->done.tip, &repair->done.failure, error);
        result = result < 0 ? TRIED_ERROR : result > 0 ? TRIED_WHOLE : TRIED_FAR;
        trail_release(tip);
    } else if (result == 0) {
        failure_clear(&failure);
        trail_release(tip);
    }
    return result;
}

/* Store-exclusives. */

struct exclusives {
    struct worker_exclusive *list; /* in order of execution */
    size_t count;
};

/* Lists those between a place and the failure when more decisions are made on the way. */
static int list_exclusives(struct repair *repair, const struct place *from,
                           const struct decision_list *more, struct exclusives *exclusives,
                           struct ebb_error *error)
{
    struct worker_resolution resolution;
    struct decision_list decisions;
    struct attempt attempt = {
        .from = from->trail,
        .decisions = &decisions,
        .until_event = repair->branch->failure.event_number,
        .limit = UINT64_MAX,
        .give_up = TRIAL_GIVE_UP,
        .slack = repair->interval->slack,
        .flags = WORKER_RESOLVE_LIST_EXCLUSIVES,
    };
    int result;

    *exclusives = (struct exclusives){0};
    attempt.until_event += attempt.until_event < repair->interval->until_event;
    if (collect(repair, from->ancestor, more, &decisions, error)) {
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
    worker_resolution_free(&resolution);
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

static struct decision fail_exclusive(const struct worker_exclusive *exclusive)
{
    return (struct decision){
        .override = {.kind = WORKER_CLEAR_EXCLUSIVE, .position = exclusive->position},
        .pc = exclusive->pc};
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
        if (exhausted(repair->interval)) {
            break;
        }
        flips->list[flips->count - 1] = fail_exclusive(&list[i].exclusive);
        repair->interval->repair.exclusives++;
        result = try_decisions(repair, from, flips, error);
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
                       !exhausted(repair->interval);
         i++) {
        struct decision flips[2] = {fail_exclusive(&list[i].exclusive)};
        struct exclusives later;

        result = list_exclusives(repair, from, &(struct decision_list){flips, 1}, &later, error);
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
    struct decision flips[MAX_IN_A_ROW] = {fail_exclusive(first)};
    struct decision_list list = {flips, 1};
    int result = TRIED_NOTHING;

    while (list.count < MAX_IN_A_ROW && result == TRIED_NOTHING && !exhausted(repair->interval)) {
        struct exclusives later;
        size_t next = 0;

        result = list_exclusives(repair, from, &list, &later, error);
        restrict_exclusives(&later, flips[list.count - 1].override.position, before);
        while (next < later.count && later.list[next].pc != first->pc) {
            next++;
        }
        if (result == TRIED_NOTHING && next < later.count) {
            flips[list.count++] = fail_exclusive(&later.list[next]);
            repair->interval->repair.exclusives++;
            result = try_decisions(repair, from, &list, error);
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
    *before = from->trail->position + (failed_count - count) + SEARCH_SLACK_WIDE;
    return 0;
}

/* What is tried with the store-exclusives behind an anchor that is `back` anchors before the
 * failure, and before position `before`, which moves to that anchor. */
static int fail_behind(struct repair *repair, size_t back, bool quick, uint64_t *before,
                       struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    uint64_t failed = repair->branch->failure.event_number;
    struct exclusives exclusives;
    struct place from;
    int result = go_before(repair, event_behind_anchor(interval, failed, back), &from, error);

    if (result <= 0) {
        return result;
    }
    result = list_exclusives(repair, &from, &no_decisions, &exclusives, error);
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
    leave(&from);
    return result;
}

/* From the last anchor before the failure, then from the ones before it, farther and farther. */
static int fail_exclusives(struct repair *repair, bool quick, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    uint64_t failed = repair->branch->failure.event_number, before = 0;
    int result = TRIED_NOTHING;
    size_t back = 1;

    do {
        result = fail_behind(repair, back, quick, &before, error);
        back *= 2;
    } while (result == TRIED_NOTHING &&
             event_behind_anchor(interval, failed, back / 2) > interval->first_event &&
             !exhausted(interval));
    return result;
}

/* Everything there is to try, in this order. */
static int try_all(struct repair *repair, struct ebb_error *error)
{
    int result = search_wider(repair, WIDE_GIVE_UP, error);

    if (result == TRIED_NOTHING) {
        result = other_places(repair, 4, error);
    }
    if (result == TRIED_NOTHING) {
        result = other_places(repair, 32, error);
    }
    if (result == TRIED_NOTHING) {
        result = fail_exclusives(repair, true, error);
    }
    if (result == TRIED_NOTHING) {
        result = search_wider(repair, WIDEST_GIVE_UP, error);
    }
    if (result == TRIED_NOTHING) {
        result = fail_exclusives(repair, false, error);
    }
    return result;
}

static int nearest_first(const void *a, const void *b)
{
    const struct branch *one = a, *other = b;

    return nearer(&one->failure, &other->failure) ? -1 : nearer(&other->failure, &one->failure);
}

/* What got farther, the farthest first, may get to the end when it is repaired in its turn. */
static int repair_advanced(struct repair *repair, unsigned depth, struct ebb_error *error)
{
    struct branch *advanced = repair->advanced;
    uint64_t enough = repair->branch->failure.anchors + FAR_ANCHORS;
    int result = 0;

    qsort(advanced, repair->advanced_count, sizeof(*advanced), nearest_first);
    for (size_t i = 0; i < repair->advanced_count; i++) {
        if (exhausted(repair->interval)) {
            break;
        }
        result = interval_repair(repair->interval, &advanced[i], depth + 1, error);
        if (result != 0 || advanced[i].failure.anchors >= enough) {
            branch_clear(repair->branch);
            *repair->branch = advanced[i];
            advanced[i] = (struct branch){0};
            break;
        }
    }
    return result;
}

int interval_repair(struct interval *interval, struct branch *branch, unsigned depth,
                    struct ebb_error *error)
{
    int tried, result = 0;

    do {
        struct repair repair = {.interval = interval, .branch = branch};

        tried = list_anchors(interval, branch->failure.event_number, error)
                    ? TRIED_ERROR
                    : try_all(&repair, error);
        if (tried == TRIED_WHOLE || tried == TRIED_FAR) {
            branch_clear(branch);
            *branch = repair.done;
        } else if (tried == TRIED_NOTHING && depth < MAX_DEPTH) {
            result = repair_advanced(&repair, depth, error);
        }
        for (size_t i = 0; i < repair.advanced_count; i++) {
            branch_clear(&repair.advanced[i]);
        }
    } while (tried == TRIED_FAR && !exhausted(interval));
    return tried == TRIED_ERROR ? -1 : tried == TRIED_WHOLE ? 1 : result;
}
