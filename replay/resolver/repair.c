/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repairing an interval whose replay and recording part. What may be wrong:
 *
 *   - An anchor matched at several places, and the likeliest one was not the right one.
 *   - An anchor's place is farther from the expected one than was looked for.
 *   - Exits of the guest were looked for in wrong places.
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
#include "repair.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPAIR_TRIES 65536u
#define REPAIR_SECONDS 120u
#define MAX_DEPTH 200u

/* A candidate that gets so many anchors farther is the right one, and what is wrong there is
 * something else. */
#define FAR_ANCHORS 16u

/* From the event before on, and so far behind the expected place. */
#define WIDE_GIVE_UP (16 * SEARCH_GIVE_UP)
#define WIDEST_GIVE_UP (640 * SEARCH_GIVE_UP)

#define MAX_PLACES 64u         /* ambiguous anchors looked at in one go */
#define MAX_EVENTS (1u << 20u) /* to look through for anchors */

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

bool repair_exhausted(struct interval *interval)
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

static void count_exit(struct interval *interval, const struct ebb_event *event)
{
    uint64_t lost;

    if (event->kind != EBB_EVENT_EXIT) {
        return;
    }
    interval->exits++;
    if (event->data_length == sizeof(lost)) {
        memcpy(&lost, event->data, sizeof(lost));
        interval->lost_exits += le64toh(lost);
    }
}

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
    interval->exits = interval->lost_exits = 0;
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
            count_exit(interval, &event);
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

uint64_t repair_event_behind_anchor(const struct interval *interval, uint64_t number, size_t back)
{
    size_t count = interval->anchor_count;

    while (count && interval->anchors[count - 1] >= number) {
        count--;
    }
    return count < back ? interval->first_event : interval->anchors[count - back] + 1;
}

/* Going there. */

int repair_collect(const struct repair *repair, const struct trail *ancestor,
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

void repair_leave(struct place *place)
{
    place->trail->pins--;
    trail_release(place->trail);
}

int repair_go_before(struct repair *repair, uint64_t number, struct place *place,
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
    if (repair_collect(repair, attempt.from, &(struct decision_list){0}, &decisions, error)) {
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

int repair_take(struct repair *repair, const struct attempt *attempt, struct ebb_error *error)
{
    struct interval *interval = repair->interval;
    struct failure failure;
    struct trail *tip;
    int result;

    interval->repair.replays++;
    result = interval_reach(interval, attempt, 0, &tip, &failure, error);
    if (result > 0) {
        result = interval_finish(interval, tip, &repair->done.tip, &repair->done.failure, error);
        result = result < 0 ? TRIED_ERROR : result > 0 ? TRIED_WHOLE : TRIED_FAR;
        trail_release(tip);
    } else if (result == 0) {
        failure_clear(&failure);
        trail_release(tip);
    }
    return result;
}

int repair_try(struct repair *repair, const struct place *from, const struct decision_list *more,
               struct ebb_error *error)
{
    struct decision_list decisions;
    struct attempt attempt = {
        .from = from->trail,
        .decisions = &decisions,
        .give_up = TRIAL_GIVE_UP,
        .slack = repair->interval->slack,
    };
    int result;

    if (repair_collect(repair, from->ancestor, more, &decisions, error)) {
        return TRIED_ERROR;
    }
    result = try(repair, &attempt, error);
    free(decisions.list);
    return result;
}

/* Other places for ambiguous anchors. */

struct ambiguous {
    uint64_t event;
    uint64_t places[64];
};

/* Lists the ambiguous anchors from a place to the failure. */
static int survey(struct repair *repair, const struct place *from, struct ambiguous *list,
                  size_t *count, struct ebb_error *error)
{
    struct trail *at = trail_take(from->trail);
    struct decision_list decisions;
    int result;

    *count = 0;
    result = repair_collect(repair, from->ancestor, &(struct decision_list){0}, &decisions, error)
                 ? -1
                 : 1;
    if (result < 0) {
        decisions = (struct decision_list){0};
    }
    while (result > 0 && *count < MAX_PLACES && !repair_exhausted(repair->interval)) {
        struct worker_client_resolution resolution = {0};
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
            worker_client_resolution_free(&resolution);
            break;
        }
        list[*count].event = resolution.head.first_ambiguous;
        memcpy(list[*count].places, resolution.head.candidates, sizeof(list->places));
        worker_client_resolution_free(&resolution);
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
         i < sizeof(anchor->places) / sizeof(anchor->places[0]) && anchor->places[i] &&
         result == TRIED_NOTHING && !repair_exhausted(repair->interval);
         i++) {
        struct decision decision = decision_place_event(anchor->event, anchor->places[i]);

        repair->interval->repair.places++;
        result = repair_try(repair, from, &(struct decision_list){&decision, 1}, error);
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
    int result =
        repair_go_before(repair, repair_event_behind_anchor(interval, failed, back), &from, error);

    if (result <= 0) {
        return result;
    }
    result = survey(repair, &from, list, &count, error) ? TRIED_ERROR : TRIED_NOTHING;
    while (count-- && result == TRIED_NOTHING) {
        result = try_places(repair, &from, &list[count], error);
    }
    repair_leave(&from);
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
    struct attempt attempt = {.decisions = &(struct decision_list){0},
                              .until_event = failed->event_number + 1,
                              .give_up = give_up,
                              .slack = UINT32_MAX};
    struct place from;
    int result;

    if (failed->kind != FAILURE_NO_MATCH || repair_exhausted(interval)) {
        return TRIED_NOTHING;
    }
    result = repair_go_before(repair, failed->event_number, &from, error);
    if (result <= 0) {
        return result;
    }
    attempt.from = from.trail;
    interval->repair.searches++;
    result = repair_take(repair, &attempt, error);
    repair_leave(&from);
    if (result > TRIED_NOTHING) {
        interval->slack = attempt.slack;
        interval->give_up = give_up > interval->give_up ? give_up : interval->give_up;
    }
    return result;
}

/* Everything there is to try, in this order. */
static int try_all(struct repair *repair, struct ebb_error *error)
{
    int result = repair_leave_out_exits(repair, error);

    if (result == TRIED_NOTHING) {
        result = search_wider(repair, WIDE_GIVE_UP, error);
    }
    if (result == TRIED_NOTHING) {
        result = other_places(repair, 4, error);
    }
    if (result == TRIED_NOTHING) {
        result = other_places(repair, 32, error);
    }
    if (result == TRIED_NOTHING) {
        result = repair_leave_out_single_exits(repair, error);
    }
    if (result == TRIED_NOTHING) {
        result = repair_fail_exclusives(repair, true, error);
    }
    if (result == TRIED_NOTHING) {
        result = search_wider(repair, WIDEST_GIVE_UP, error);
    }
    if (result == TRIED_NOTHING) {
        result = repair_fail_exclusives(repair, false, error);
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
        if (repair_exhausted(repair->interval)) {
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
    } while (tried == TRIED_FAR && !repair_exhausted(interval));
    return tried == TRIED_ERROR ? -1 : tried == TRIED_WHOLE ? 1 : result;
}
