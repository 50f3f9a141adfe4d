/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "internal.h"

#include "distance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void failure_clear(struct failure *failure)
{
    free(failure->report);
    *failure = (struct failure){0};
}

void interval_result_free(struct interval_result *result)
{
    free(result->packed);
    free(result->decisions.list);
    free(result->problem);
    *result = (struct interval_result){0};
}

/* Attempts. */

static struct worker_override *list_overrides(const struct decision_list *decisions)
{
    struct worker_override *list = calloc(decisions->count + 1, sizeof(*list));

    for (size_t i = 0; list && i < decisions->count; i++) {
        list[i] = decisions->list[i].override;
    }
    return list;
}

static int try_attempt(struct interval *interval, const struct attempt *attempt,
                       const struct worker_override *overrides,
                       struct worker_client_resolution *resolution, struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    struct worker_resolve request = {
        .until_event = attempt->until_event,
        .limit = attempt->limit,
        .give_up = attempt->give_up,
        .slack = attempt->slack,
        .flags = attempt->flags,
        .override_count = attempt->decisions->count,
    };
    bool there = interval->at == attempt->from;

    interval->at = NULL;
    if (!lane->replica.worker && lane_start_worker(lane, error)) {
        return -1;
    }
    if (!there && replica_restore(&lane->replica, attempt->from->checkpoint, error)) {
        return -1;
    }
    if (worker_client_resolve_begin(lane->replica.worker, &request, overrides, error)) {
        return -1;
    }
    return worker_client_resolve_end(lane->replica.worker, resolution, error);
}

int interval_attempt(struct interval *interval, const struct attempt *attempt,
                     struct worker_client_resolution *resolution, struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    struct worker_override *overrides = list_overrides(attempt->decisions);
    int result;

    *resolution = (struct worker_client_resolution){0};
    if (!overrides) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    do {
        worker_client_resolution_free(resolution);
        if (atomic_load(&lane->resolver->stopping)) {
            result = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
            break;
        }
        result = try_attempt(interval, attempt, overrides, resolution, error);
    } while (result && lane_recover(lane, error));
    free(overrides);
    if (result == 0 && resolution->head.reason == WORKER_RESOLVE_INTERRUPTED) {
        result = ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    if (result == 0) {
        lane->deaths = 0;
    }
    return result;
}

/* Going along. */

/* Adds the stretch that the worker has just run, with a checkpoint of where it is now. */
static struct trail *extend(struct interval *interval, struct trail *from,
                            const struct worker_client_resolution *resolution,
                            const struct decision_list *decisions, struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    struct checkpoint *checkpoint =
        replica_capture(&lane->replica, resolution->head.position, error);
    struct trail *trail;

    if (!checkpoint) {
        return NULL;
    }
    trail = trail_extend(from, resolution, decisions, checkpoint, error);
    checkpoint_release(checkpoint);
    if (trail) {
        interval->at = trail;
    }
    return trail;
}

static void describe_failure(struct failure *failure, const struct trail *from,
                             struct worker_client_resolution *resolution)
{
    const struct worker_resolved *head = &resolution->head;

    *failure = (struct failure){
        .kind = head->reason == WORKER_RESOLVE_NO_MATCH ? FAILURE_NO_MATCH : FAILURE_DIVERGED,
        .event_number = head->event_number,
        .position = head->position,
        .anchors = trail_counts(from).anchors + head->anchors,
        .report = resolution->report,
    };
    resolution->report = NULL;
}

/* One stretch: 1, and *tip moves to its end; 0 and *failure; -1. The worker dying while it tells
 * its state is as good as its dying before. */
static int run_stretch(struct interval *interval, const struct attempt *attempt, struct trail **tip,
                       struct failure *failure, bool *arrived, struct ebb_error *error)
{
    struct worker_client_resolution resolution;
    struct trail *next;
    int result;

    do {
        if (interval_attempt(interval, attempt, &resolution, error)) {
            worker_client_resolution_free(&resolution);
            return -1;
        }
        if (resolution.head.reason == WORKER_RESOLVE_NO_MATCH ||
            resolution.head.reason == WORKER_RESOLVE_DIVERGED) {
            describe_failure(failure, attempt->from, &resolution);
            worker_client_resolution_free(&resolution);
            return 0;
        }
        next = extend(interval, attempt->from, &resolution, attempt->decisions, error);
        *arrived = resolution.head.reason == WORKER_RESOLVE_DONE;
        worker_client_resolution_free(&resolution);
    } while (!next && lane_recover(interval->lane, error));
    result = next ? 1 : -1;
    if (next && !*arrived && next->position == attempt->from->position &&
        next->event_number == attempt->from->event_number) {
        trail_release(next);
        interval->at = NULL;
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "a worker does not get on; is it of the same build as ebb?");
    }
    if (next) {
        trail_release(*tip);
        *tip = next;
    }
    return result;
}

int interval_reach(struct interval *interval, const struct attempt *attempt, uint64_t every,
                   struct trail **tip, struct failure *failure, struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    struct attempt stretch = *attempt;
    bool arrived = attempt->from->event_number == attempt->until_event;
    int result = 1;

    *failure = (struct failure){0};
    *tip = trail_take(attempt->from);
    while (result > 0 && !arrived) {
        stretch.from = *tip;
        stretch.limit = every ? (*tip)->position + every : UINT64_MAX;
        result = run_stretch(interval, &stretch, tip, failure, &arrived, error);
        if (every) {
            trail_thin(*tip, lane->store, lane->resolver->store_budget);
        }
    }
    if (result < 0) {
        trail_release(*tip);
        *tip = NULL;
    }
    return result;
}

/* Verifies the interval's end; *tip is there, the worker too or not. */
static int verify_end(struct interval *interval, struct trail *tip, struct failure *failure,
                      struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    int result;

    *failure = (struct failure){
        .kind = FAILURE_WRONG_END,
        .event_number = interval->until_event,
        .position = tip->position,
        .anchors = trail_counts(tip).anchors,
    };
    do {
        result = 0;
        if (interval->at != tip) {
            result = lane->replica.worker ? 0 : lane_start_worker(lane, error);
            result = result ? -1 : replica_restore(&lane->replica, tip->checkpoint, error);
        }
        interval->at = result == 0 ? tip : NULL;
        result = result ? -1 : interval_verify(interval, tip, failure, error);
    } while (result < 0 && lane_recover(lane, error));
    return result;
}

/* Goes to the interval's end with these decisions, and verifies it. */
static int finish_with(struct interval *interval, struct trail *from,
                       const struct decision_list *decisions, struct trail **tip,
                       struct failure *failure, struct ebb_error *error)
{
    struct attempt attempt = {
        .from = from,
        .decisions = decisions,
        .until_event = interval->until_event,
        .give_up = interval->give_up,
        .slack = interval->slack,
    };
    int result = interval_reach(interval, &attempt, interval->lane->resolver->checkpoint_every, tip,
                                failure, error);

    if (result > 0) {
        result = verify_end(interval, *tip, failure, error);
        if (result < 0) {
            trail_release(*tip);
            *tip = NULL;
        }
    }
    return result;
}

int interval_finish(struct interval *interval, struct trail *from, struct trail **tip,
                    struct failure *failure, struct ebb_error *error)
{
    static const struct decision_list none;

    return finish_with(interval, from, &none, tip, failure, error);
}

/* The interval as such. */

/*
 * The number of the reset event that keyframe number holds the state after, which is next to the
 * keyframe's place. Returns 1, 0 if there is none, -1 on error.
 */
static int find_reset(const struct ebb_log *log, const struct ebb_keyframe *keyframe,
                      uint64_t first_event, uint64_t *event_number, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    uint64_t from = keyframe->event_number;
    struct ebb_event event;
    int result = cursor ? 0 : -1;

    from -= from > first_event;
    if (result == 0) {
        result = ebb_cursor_seek_event(cursor, from, error);
    }
    for (uint64_t number = from; result == 0 && number <= keyframe->event_number; number++) {
        int got = ebb_cursor_next(cursor, &event, error);

        if (got <= 0) {
            result = got;
            break;
        }
        if (event.kind == EBB_EVENT_RESET && event.value == keyframe->number) {
            *event_number = number;
            result = 1;
        }
    }
    ebb_cursor_free(cursor);
    return result;
}

/* Where the interval begins and ends. */
static int delimit(struct interval *interval, struct ebb_error *error)
{
    const struct resolver *resolver = interval->lane->resolver;
    const struct ebb_log_summary *summary = &resolver->summary;
    struct ebb_keyframe next;
    uint64_t reset;
    int result;

    if (ebb_log_keyframe(resolver->log, interval->number, &interval->keyframe, error)) {
        return -1;
    }
    interval->first_event = interval->keyframe.event_number;
    result = find_reset(resolver->log, &interval->keyframe, summary->first_event, &reset, error);
    if (result > 0 && reset == interval->first_event) {
        interval->first_event++;
    }
    if (result < 0) {
        return -1;
    }
    if (interval->number + 1 >= summary->keyframe_count) {
        interval->until_event = summary->event_count;
        interval->ends_recording = summary->complete;
        return 0;
    }
    if (ebb_log_keyframe(resolver->log, interval->number + 1, &next, error)) {
        return -1;
    }
    result = find_reset(resolver->log, &next, summary->first_event, &reset, error);
    interval->until_event = result > 0 ? reset : next.event_number;
    interval->ends_with_keyframe = result == 0;
    return result < 0 ? -1 : 0;
}

static int load_keyframe(struct interval *interval, struct ebb_error *error)
{
    struct lane *lane = interval->lane;
    struct checkpoint *checkpoint = NULL;

    do {
        if (!lane->replica.worker && lane_start_worker(lane, error)) {
            return -1;
        }
        if (replica_load_keyframe(&lane->replica, lane->resolver->log, &lane->loaded,
                                  interval->number, interval->first_event, error) == 0) {
            checkpoint = replica_capture(&lane->replica, interval->keyframe.position, error);
        }
    } while (!checkpoint && lane_recover(lane, error));
    if (!checkpoint) {
        return -1;
    }
    interval->root =
        trail_new(NULL, interval->keyframe.position, interval->first_event, checkpoint, error);
    interval->at = interval->root;
    checkpoint_release(checkpoint);
    return interval->root ? 0 : -1;
}

static void clear_interval(struct interval *interval)
{
    trail_release(interval->root);
    ram_image_release(interval->digest.image);
    free(interval->anchors);
    if (interval->end_ram.image) {
        /* The next keyframe is made from the one that is nearest. */
        ram_image_release(interval->lane->loaded.image);
        interval->lane->loaded = interval->end_ram;
    }
    *interval = (struct interval){0};
}

static int fill_result(struct interval *interval, const struct trail *tip,
                       struct interval_result *result, struct ebb_error *error)
{
    result->begin = interval->root->position;
    result->end = tip->position;
    result->first_event = interval->first_event;
    result->event_count = tip->event_number - interval->first_event;
    result->packed = trail_pack(tip, &result->packed_size);
    result->counts = trail_counts(tip);
    if (!result->packed || trail_decisions(tip, interval->root, &result->decisions) ||
        trail_cleared(tip, &result->decisions)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    return 0;
}

/* Why store-exclusives had to be searched for; for free(), NULL without memory. */
static char *describe_exits(const struct interval *interval)
{
    char *text = NULL;

    if (!interval->repair.exclusives) {
        text = strdup("");
    } else if (!interval->exits) {
        text =
            strdup("\nthe host has noted no exits of the guest there, which would have shown the "
                   "store-exclusives that failed; ebb doctor says on the host what to do");
    } else if (!interval->lost_exits) {
        text = strdup("");
    } else if (asprintf(&text,
                        "\n%" PRIu64 " exits of the guest are missing, since the host was too busy "
                        "to note them",
                        interval->lost_exits) < 0) {
        text = NULL;
    }
    return text;
}

/* What is wrong, and what was done about it; positions in it are the worker's. */
static int describe_problem(const struct interval *interval, const struct failure *failure,
                            struct interval_result *result, struct ebb_error *error)
{
    const struct repair_counts *repair = &interval->repair;
    char *exits = describe_exits(interval);

    if (!exits ||
        asprintf(&result->problem,
                 "%s\n"
                 "tried: %u other places for events, %u wider searches, %u times without exits, %u "
                 "store-exclusives made to fail (%u replays); none of it fits the recording%s",
                 failure->report ? failure->report : "replay and log disagree", repair->places,
                 repair->searches, repair->exits, repair->exclusives, repair->replays, exits) < 0) {
        result->problem = NULL;
    }
    free(exits);
    return result->problem ? 0 : ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
}

/* The last anchor before the failure: there the registers were right. */
static uint64_t last_good(const struct interval *interval, const struct interval_result *result)
{
    const uint8_t *packed = result->packed;
    uint64_t position = result->begin, good = result->begin, distance;
    size_t anchor = 0;

    for (uint64_t i = 0; i < result->event_count; i++) {
        packed = distance_unpack(packed, &distance);
        position += distance;
        while (anchor < interval->anchor_count &&
               interval->anchors[anchor] < result->first_event + i) {
            anchor++;
        }
        if (anchor < interval->anchor_count &&
            interval->anchors[anchor] == result->first_event + i) {
            good = position;
        }
    }
    return good;
}

/* Ends the interval before the event that does not fit. */
static int give_up(struct interval *interval, const struct branch *branch,
                   struct interval_result *result, struct ebb_error *error)
{
    struct decision_list decisions = {0};
    struct attempt attempt = {
        .from = trail_restorable(branch->tip, branch->failure.event_number),
        .decisions = &decisions,
        .until_event = branch->failure.event_number,
        .give_up = interval->give_up,
        .slack = interval->slack,
    };
    struct failure failure;
    struct trail *tip;
    int reached, status = -1;

    if (trail_decisions(branch->tip, attempt.from, &decisions)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    reached = interval_reach(interval, &attempt, 0, &tip, &failure, error);
    free(decisions.list);
    if (reached < 0) {
        return -1;
    }
    failure_clear(&failure);
    if (fill_result(interval, tip, result, error) == 0) {
        /* Up to the instruction that did something else everything can be looked at. */
        if (branch->failure.kind == FAILURE_DIVERGED && branch->failure.position > result->end) {
            result->end = branch->failure.position;
        }
        result->good = last_good(interval, result);
        status = describe_problem(interval, &branch->failure, result, error);
    }
    trail_release(tip);
    return status;
}

/* 1 if exits were recorded in the interval, 0, or -1. */
static int has_exits(const struct interval *interval, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->lane->resolver->log, error);
    int result = cursor ? ebb_cursor_seek_event(cursor, interval->first_event, error) : -1;
    bool found = false;

    for (uint64_t number = interval->first_event;
         number < interval->until_event && !found && result == 0; number++) {
        struct ebb_event event;

        result = ebb_cursor_next(cursor, &event, error) > 0 ? 0 : -1;
        found = result == 0 && event.kind == EBB_EVENT_EXIT;
    }
    ebb_cursor_free(cursor);
    return result ? -1 : found;
}

/*
 * What the exits say did not fit. In most guests a store-exclusive that fails is tried again, and
 * all fits without them: then that is as good. Of two ways that do not the one that gets farther is
 * left in *branch.
 */
static int finish_without_exits(struct interval *interval, struct branch *branch,
                                struct ebb_error *error)
{
    struct decision skip = decision_skip_exits(interval->first_event, interval->until_event);
    struct branch other = {0};
    int status = has_exits(interval, error);

    if (status <= 0) {
        return status;
    }
    status = finish_with(interval, interval->root, &(struct decision_list){&skip, 1}, &other.tip,
                         &other.failure, error);
    if (status > 0 || (status == 0 && other.failure.event_number > branch->failure.event_number)) {
        branch_clear(branch);
        *branch = other;
    } else {
        branch_clear(&other);
    }
    return status;
}

static int resolve(struct interval *interval, struct interval_result *result,
                   struct ebb_error *error)
{
    struct branch branch = {0};
    int status = interval_finish(interval, interval->root, &branch.tip, &branch.failure, error);

    if (status == 0) {
        lane_show_repair(interval->lane, true);
        status = finish_without_exits(interval, &branch, error);
        status = status ? status : interval_repair(interval, &branch, 0, error);
        lane_show_repair(interval->lane, false);
    }
    if (status == 0) {
        status = give_up(interval, &branch, result, error);
    } else if (status > 0) {
        status = fill_result(interval, branch.tip, result, error);
    }
    branch_clear(&branch);
    return status;
}

int interval_resolve(struct lane *lane, uint64_t number, struct interval_result *result,
                     struct ebb_error *error)
{
    struct interval interval = {
        .lane = lane, .number = number, .slack = SEARCH_SLACK, .give_up = SEARCH_GIVE_UP};
    int status = -1;

    *result = (struct interval_result){0};
    if (delimit(&interval, error) == 0 && load_keyframe(&interval, error) == 0) {
        status = resolve(&interval, result, error);
    }
    clear_interval(&interval);
    if (status) {
        interval_result_free(result);
    }
    return status;
}
