/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"
#include "drive.h"
#include "gaps.h"
#include "move.h"
#include "page_sets.h"
#include "placement.h"
#include "reach.h"
#include "recovery.h"
#include "scan_rows.h"
#include "wait.h"

#include <stdlib.h>
#include <string.h>

/* Intervals that each worker gets: enough to keep all busy to the end where they differ in cost,
 * few enough for starts not to add up. A guess. */
#define PIECES_OF_WORKER 8u
#define ROWS_ROOM (1u << 20) /* bytes: the engine takes rows when there are that many */
/* An interval that is not the next one to be told of waits when it has rows of that many bytes. */
#define ROWS_WAITING (16u << 20)
/* Beyond the end of an interval, calls that are open there are followed for this part of its length
 * before they are left to another scan: so that scan is seldom needed. A guess. */
#define FOLLOWED_PART 8u
#define INTERVALS (2 * TIMELINE_MAX_WORKERS) /* begun and not told of yet */

enum interval_state { INTERVAL_FREE, INTERVAL_RUNNING, INTERVAL_WAITING, INTERVAL_DONE };

struct interval {
    enum interval_state state;
    struct moment from, to;
    struct start start; /* owns its checkpoint */
    struct scan_rows rows;
    uint64_t known; /* rows that were taken before the worker was replaced */
    uint64_t hits;  /* in its runs, since the worker was replaced last */
    bool beyond;    /* it is over, but for calls that are open: */
    struct moment followed_to;
    bool broken; /* replay and log disagree at reached, or the log is damaged there */
    uint64_t reached;
    char *report; /* of what broke it; owned */
    bool damaged; /* the same: it was damage */
    unsigned deaths;
};

struct scan {
    struct timeline *timeline;
    const struct timeline_scan *wanted;
    struct timeline_scan_result *result;
    struct breakpoint_list breakpoints;
    struct worker_call *calls; /* wanted->open */
    struct moment to;
    struct moment next_from; /* of the next interval to begin */
    uint64_t begun, told;    /* intervals; number n is intervals[n % INTERVALS] */
    struct scan_listener listener;
    unsigned replicas;               /* in use */
    int owner[TIMELINE_MAX_WORKERS]; /* the interval that replica i has, or -1 */
    struct interval intervals[INTERVALS];
};

/* The timeline's breakpoints, and what a scan may want besides. */
static int make_breakpoints(struct scan *scan, struct ebb_error *error)
{
    const struct breakpoint_list *set = &scan->timeline->breakpoints;
    const struct timeline_scan *wanted = scan->wanted;
    struct breakpoint_list *made = &scan->breakpoints;
    struct worker_breakpoint *list;

    if (!breakpoint_list_copy(set, made)) {
        return ebb_fail_memory(error);
    }
    list = realloc(made->list, (made->count + 4) * sizeof(*list));
    if (!list) {
        return ebb_fail_memory(error);
    }
    made->list = list;
    if (wanted->exceptions) {
        list[made->count++] = (struct worker_breakpoint){.kind = WORKER_BREAK_EXCEPTION};
    }
    if (wanted->returns) {
        list[made->count++] = (struct worker_breakpoint){.kind = WORKER_BREAK_RETURN};
    }
    if (wanted->accesses) {
        list[made->count++] = (struct worker_breakpoint){.kind = WORKER_WATCH_ALL};
    }
    if (wanted->sample_every) {
        list[made->count++] =
            (struct worker_breakpoint){.kind = WORKER_BREAK_SAMPLE, .length = wanted->sample_every};
    }
    return 0;
}

static int make_calls(struct scan *scan, struct ebb_error *error)
{
    const struct timeline_scan *wanted = scan->wanted;

    scan->calls = calloc(wanted->open_count + 1, sizeof(*scan->calls));
    if (!scan->calls) {
        return ebb_fail_memory(error);
    }
    for (size_t i = 0; i < wanted->open_count; i++) {
        const struct timeline_call *open = &wanted->open[i];

        scan->calls[i] = (struct worker_call){
            .position = open->position,
            .function = open->function,
            .return_address = open->return_address,
            .site = open->site,
            .context = {.pc = open->function,
                        .stack = open->stack,
                        .space = open->space,
                        .mode = open->mode},
        };
    }
    return 0;
}

static uint64_t interval_length(const struct scan *scan)
{
    uint64_t pieces = (uint64_t)PIECES_OF_WORKER * scan->replicas;
    uint64_t length = (scan->wanted->to - scan->wanted->from) / pieces;

    return length > scan->timeline->base_every ? length : scan->timeline->base_every;
}

/* Whether what is looked for touches pages, and nothing else is. */
static bool is_of_pages(const struct scan *scan)
{
    return !scan->wanted->coverage && !scan->wanted->calls && !scan->wanted->open_count;
}

/* Where the interval ends that begins at a position: in front of what is known to be without a
 * hit. */
static struct moment choose_end(struct scan *scan, uint64_t position)
{
    uint64_t length = interval_length(scan), end = scan->to.position;
    struct start behind;

    if (end - position > length &&
        placement_start_behind(scan->timeline, position + length, &behind) &&
        behind.position < end) {
        end = behind.position;
    }
    if (is_of_pages(scan)) {
        end = page_sets_unclear_until(scan->timeline, &scan->breakpoints, position, end);
    }
    return end < scan->to.position ? moment_settled(end) : scan->to;
}

/* What is known to be without a hit is not scanned. */
static void skip_clear(struct scan *scan)
{
    uint64_t from = scan->next_from.position, until;

    if (!is_of_pages(scan) || from >= scan->to.position) {
        return;
    }
    until = page_sets_clear_until(scan->timeline, &scan->breakpoints, from, scan->to.position);
    if (until > from) {
        scan->next_from = moment_applied(until);
    }
}

static void release(struct interval *interval)
{
    free(interval->report);
    interval->report = NULL;
    if (interval->start.kind == START_CHECKPOINT) {
        checkpoint_release(interval->start.checkpoint);
        interval->start = (struct start){.kind = START_HERE};
    }
}

static struct interval *interval_of(struct scan *scan, unsigned i)
{
    return &scan->intervals[scan->owner[i]];
}

static bool is_next(const struct scan *scan, const struct interval *interval)
{
    return interval == &scan->intervals[scan->told % INTERVALS];
}

/* The replica (or NULL) may be there already. */
static int choose_start(struct scan *scan, const struct replica *replica, struct interval *interval,
                        struct ebb_error *error)
{
    if (placement_need_start(scan->timeline, replica, interval->from.position, &interval->start,
                             error)) {
        return -1;
    }
    if (interval->start.kind == START_CHECKPOINT) {
        checkpoint_take(interval->start.checkpoint);
    }
    return 0;
}

static int cut_next(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = scan->timeline;
    struct interval *interval = &scan->intervals[scan->begun % INTERVALS];
    struct scan_rows rows = interval->rows; /* its memory is used again */

    rows.taken = 0;
    rows.open = 0;
    *interval = (struct interval){
        .from = scan->next_from, .rows = rows, .reached = scan->next_from.position};
    if (choose_start(scan, &timeline->replicas[i], interval, error)) {
        return -1;
    }
    interval->to = choose_end(scan, interval->from.position);
    interval->state = INTERVAL_RUNNING;
    scan->owner[i] = (int)(scan->begun++ % INTERVALS);
    /* What reaches a place between two intervals is the earlier one's, the breakpoint that the
     * place stands on the later one's. */
    scan->next_from = moment_applied(interval->to.position);
    skip_clear(scan);
    return 0;
}

/*
 * From where rows count. A replica that comes from before its interval first goes to where that
 * begins: what happens on reaching that position is the row of the interval before.
 */
static struct moment counts_from(const struct interval *interval, const struct replica *replica)
{
    struct moment first = moment_settled(interval->from.position);

    return moment_before(replica->moment, first) ? first : interval->from;
}

/* Workers mark what is wanted, or, after the scan, nothing any more. */
static int set_coverage(struct replica *replica, const struct timeline_coverage *wanted,
                        uint64_t from, struct ebb_error *error)
{
    struct worker_coverage coverage = {0};

    if (wanted) {
        coverage = (struct worker_coverage){
            .begin = wanted->begin,
            .end = wanted->end,
            .from = from,
            .table = wanted->table,
            .table_mask = wanted->table_mask,
        };
    }
    return worker_client_set_coverage(replica->worker, &coverage, error);
}

/* On the way to where an interval begins, and behind its end, nothing new is looked for. */
static int prepare_run(struct scan *scan, struct replica *replica, bool is_outside,
                       struct ebb_error *error)
{
    static const struct breakpoint_list none;

    if (replica_set_breakpoints(replica, is_outside ? &none : &scan->breakpoints, error)) {
        return -1;
    }
    return scan->wanted->coverage && !is_outside
               ? set_coverage(replica, scan->wanted->coverage, scan->wanted->from, error)
               : 0;
}

static int go_on(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    struct replica *replica = &scan->timeline->replicas[i];
    struct worker_run run = {
        .reported = counts_from(interval, replica),
        .limit = interval->beyond ? interval->followed_to : interval->to,
        .flags = scan->wanted->count ? WORKER_RUN_LAST_HIT : WORKER_RUN_ROWS,
    };
    bool on_the_way = moment_is_settled(run.reported);

    if (on_the_way) {
        run.limit = run.reported;
    }
    if (prepare_run(scan, replica, on_the_way || interval->beyond, error)) {
        return -1;
    }
    interval->state = INTERVAL_RUNNING;
    return worker_client_run_begin(replica->worker, &run, error);
}

static struct worker_collector make_collector(const struct timeline_scan *wanted)
{
    struct worker_collector collector = {
        .flags = (wanted->context ? WORKER_COLLECT_CONTEXT : 0) |
                 (wanted->data ? WORKER_COLLECT_DATA : 0) |
                 (wanted->calls || wanted->open_count ? WORKER_COLLECT_CALLS : 0) |
                 (wanted->code ? WORKER_COLLECT_CODE : 0),
        .registers = wanted->registers,
        .frames = wanted->frames,
        .room = ROWS_ROOM,
        .load_count = wanted->load_count,
    };

    for (unsigned i = 0; i < wanted->load_count; i++) {
        collector.loads[i] = (struct worker_load){
            .number = wanted->loads[i].number,
            .length = wanted->loads[i].length,
            .offset = wanted->loads[i].offset,
        };
    }
    return collector;
}

static int try_to_begin(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    struct timeline *timeline = scan->timeline;
    struct replica *replica = &timeline->replicas[i];
    struct worker_collector collector = make_collector(scan->wanted);

    if (interval->known < interval->rows.taken) {
        interval->known = interval->rows.taken;
    }
    interval->rows.taken = 0;
    interval->hits = 0;
    interval->beyond = false;
    if (!replica->worker && recovery_start(timeline, replica, error)) {
        return -1;
    }
    return reach_start(timeline, replica, &interval->start, false, error) ||
                   worker_client_set_collector(replica->worker, &collector, scan->calls,
                                               scan->wanted->open_count, error)
               ? -1
               : go_on(scan, i, error);
}

/* A worker that has taken another one's place is not where that one began. */
static int replace(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);

    if (!recovery_replace(scan->timeline, i, &interval->deaths, error)) {
        return -1;
    }
    return interval->start.kind == START_HERE ? choose_start(scan, NULL, interval, error) : 0;
}

static int begin(struct scan *scan, unsigned i, struct ebb_error *error)
{
    while (try_to_begin(scan, i, error)) {
        if (replace(scan, i, error)) {
            return -1;
        }
    }
    return 0;
}

static void finish(struct scan *scan, unsigned i)
{
    interval_of(scan, i)->state = INTERVAL_DONE;
    scan->owner[i] = -1;
}

/* A worker has died, or could not go on. */
static int recover(struct scan *scan, unsigned i, struct ebb_error *error)
{
    if (replace(scan, i, error)) {
        return -1;
    }
    if (scan->timeline->interrupted) {
        finish(scan, i);
        return 0;
    }
    return begin(scan, i, error);
}

/* Nothing is known behind where an interval broke: no more intervals are begun. */
static int end_at_break(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    const struct timeline *timeline = scan->timeline;

    interval->broken = true;
    interval->damaged = timeline->damaged;
    interval->report = timeline->report ? strdup(timeline->report) : NULL;
    if (timeline->report && !interval->report) {
        return ebb_fail_memory(error);
    }
    scan->next_from = scan->to;
    finish(scan, i);
    return 0;
}

/* True if the first interval can begin at a keyframe, which is what is wanted first. What happens
 * on reaching that is seen from the position before only, to which nothing leads. */
static bool can_leave_out_first(const struct scan *scan, const struct interval *interval)
{
    uint64_t from = scan->wanted->from;
    struct start start;

    return interval->from.position < from &&
           placement_choose_start(scan->timeline, NULL, from, &start) && start.position == from;
}

/* The same on the way to where the interval begins: from behind damage, another start may lead
 * there. */
static int break_on_the_way(struct scan *scan, unsigned i, uint64_t position,
                            struct ebb_error *error)
{
    struct timeline *timeline = scan->timeline;
    struct interval *interval = interval_of(scan, i);
    size_t met = timeline->damage_met;

    if (!gaps_note(timeline, position) || timeline->damage_met == met) {
        if (!can_leave_out_first(scan, interval)) {
            return end_at_break(scan, i, error);
        }
        interval->from = moment_applied(scan->wanted->from);
        interval->reached = scan->wanted->from;
    }
    release(interval);
    return choose_start(scan, NULL, interval, error) ? -1 : begin(scan, i, error);
}

/* A reset that has changed what is watched is a row, too. */
static int pass_reset(struct scan *scan, unsigned i, struct worker_stop *stop,
                      struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    struct replica *replica = &scan->timeline->replicas[i];

    if (drive_reset(scan->timeline, replica, counts_from(interval, replica), stop, error)) {
        return -1;
    }
    interval->hits += stop->hit_count;
    return stop->hit_count && !scan->wanted->count
               ? scan_rows_add(&interval->rows, &stop->hit, interval->known, error)
               : 0;
}

static bool leaves_calls_open(const struct scan *scan, const struct interval *interval,
                              const struct replica *replica, const struct worker_stop *stop)
{
    return scan->wanted->calls && !interval->beyond && interval->rows.open > 0 &&
           stop->reason == WORKER_STOP_LIMIT && !moment_before(replica->moment, interval->to) &&
           interval->to.position < scan->to.position && !scan->timeline->interrupted;
}

/* No more calls are noted, and those that are open are followed. */
static int go_beyond(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    uint64_t left = scan->to.position - interval->to.position;
    uint64_t part = interval_length(scan) / FOLLOWED_PART;

    interval->beyond = true;
    interval->followed_to = moment_settled(interval->to.position + (part < left ? part : left));
    return go_on(scan, i, error);
}

static bool is_over(const struct scan *scan, const struct interval *interval,
                    const struct replica *replica, const struct worker_stop *stop)
{
    if (interval->beyond && interval->rows.open <= 0) {
        return true;
    }
    return stop->reason == WORKER_STOP_DIVERGED || stop->reason == WORKER_STOP_END ||
           scan->timeline->interrupted ||
           !moment_before(replica->moment, interval->beyond ? interval->followed_to : interval->to);
}

static int run_stopped(struct scan *scan, unsigned i, struct worker_stop *stop,
                       struct ebb_error *error)
{
    struct interval *interval = interval_of(scan, i);
    struct replica *replica = &scan->timeline->replicas[i];

    interval->hits += stop->hit_count;
    if (scan_rows_take(&interval->rows, replica, interval->known, error) ||
        (stop->reason == WORKER_STOP_RESET && pass_reset(scan, i, stop, error))) {
        return -1;
    }
    if (scan->wanted->coverage &&
        worker_client_take_coverage(replica->worker, scan->wanted->coverage->marks, error)) {
        return -1;
    }
    if (!interval->beyond) { /* what is behind it is another interval's to tell of */
        interval->reached = stop->moment.position;
        if (stop->reason == WORKER_STOP_DIVERGED) {
            return interval->reached < interval->from.position
                       ? break_on_the_way(scan, i, interval->reached, error)
                       : end_at_break(scan, i, error);
        }
    }
    if (leaves_calls_open(scan, interval, replica, stop)) {
        return go_beyond(scan, i, error);
    }
    if (is_over(scan, interval, replica, stop)) {
        finish(scan, i);
    } else if (!is_next(scan, interval) && interval->rows.size > ROWS_WAITING) {
        interval->state = INTERVAL_WAITING;
    } else {
        return go_on(scan, i, error);
    }
    return 0;
}

static int serve_stopped(struct scan *scan, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = scan->timeline;
    struct worker_stop stop;

    if (drive_end(timeline, &timeline->replicas[i], &stop, error) == 0 &&
        run_stopped(scan, i, &stop, error) == 0) {
        return 0;
    }
    return recover(scan, i, error);
}

static void end_scan(struct scan *scan, struct interval *interval)
{
    struct timeline *timeline = scan->timeline;

    scan->result->until = interval->reached;
    if (timeline->interrupted) {
        scan->result->reason = TIMELINE_STOP_INTERRUPTED;
    } else if (interval->broken) {
        /* Others may have broken since, behind it. */
        free(timeline->report);
        timeline->report = interval->report;
        timeline->damaged = interval->damaged;
        interval->report = NULL;
        scan->result->reason = timeline->damaged ? TIMELINE_STOP_DAMAGED : TIMELINE_STOP_DIVERGED;
        scan->result->report = timeline->report;
    }
    release(interval);
}

/* Tells of the rows that come next. Not 0 if the scan is over with them. */
static int tell(struct scan *scan)
{
    while (scan->told < scan->begun) {
        struct interval *interval = &scan->intervals[scan->told % INTERVALS];

        if (scan_rows_tell(&interval->rows, &scan->listener)) {
            scan->result->ended = true;
            scan->result->until = scan->listener.position + !scan->listener.refused;
            return 1;
        }
        if (interval->state != INTERVAL_DONE) {
            return 0;
        }
        end_scan(scan, interval);
        scan->listener.told += scan->wanted->count ? interval->hits : 0;
        scan->told++;
        if (interval->broken || scan->timeline->interrupted) {
            return 1;
        }
    }
    return 0;
}

static bool has_more(const struct scan *scan)
{
    return scan->next_from.position < scan->to.position && !scan->timeline->interrupted &&
           scan->begun - scan->told < 2 * scan->replicas;
}

/* Gives replicas that have nothing to do something. */
static int hand_out(struct scan *scan, struct ebb_error *error)
{
    for (unsigned i = 0; i < scan->replicas; i++) {
        if (scan->owner[i] >= 0) {
            struct interval *interval = interval_of(scan, i);

            if (interval->state == INTERVAL_WAITING && is_next(scan, interval) &&
                go_on(scan, i, error) && recover(scan, i, error)) {
                return -1;
            }
        } else if (has_more(scan) && (cut_next(scan, i, error) || begin(scan, i, error))) {
            return -1;
        }
    }
    return 0;
}

static bool any_running(const struct scan *scan)
{
    for (unsigned i = 0; i < scan->replicas; i++) {
        if (scan->owner[i] >= 0 && scan->intervals[scan->owner[i]].state == INTERVAL_RUNNING) {
            return true;
        }
    }
    return false;
}

/* Lets a worker stop, so that its replica can be used again. */
static void abandon_one(struct scan *scan, struct replica *replica)
{
    struct worker_stop stop;
    uint8_t *rows;
    size_t size;

    if (worker_client_running(replica->worker)) {
        worker_client_request_stop(replica->worker);
        drive_end(scan->timeline, replica, &stop, NULL);
    }
    if (worker_client_take_rows(replica->worker, &rows, &size, NULL) == 0) {
        free(rows);
    }
}

static void abandon(struct scan *scan)
{
    for (unsigned i = 0; i < scan->replicas; i++) {
        struct replica *replica = &scan->timeline->replicas[i];

        if (replica->worker && scan->owner[i] >= 0) {
            abandon_one(scan, replica);
        }
        if (replica->worker && scan->wanted->coverage) {
            set_coverage(replica, NULL, 0, NULL);
        }
        if (replica->worker && scan->wanted->calls) { /* places are looked at until then */
            const struct worker_collector nothing = {.room = ROWS_ROOM};

            worker_client_set_collector(replica->worker, &nothing, NULL, 0, NULL);
        }
    }
}

static int work(struct scan *scan, struct ebb_error *error)
{
    while (1) {
        if (hand_out(scan, error)) {
            return -1;
        }
        if (!any_running(scan)) {
            return 0;
        }
        if (serve_stopped(scan, wait_for_stop(scan->timeline), error)) {
            return -1;
        }
        if (tell(scan)) {
            return 0;
        }
    }
}

static void clean_up(struct scan *scan)
{
    for (unsigned i = 0; i < INTERVALS; i++) {
        scan_rows_free(&scan->intervals[i].rows);
        release(&scan->intervals[i]);
    }
    breakpoint_list_free(&scan->breakpoints);
    free(scan->calls);
    free(scan);
}

static int check(const struct timeline *timeline, const struct timeline_scan *wanted,
                 struct ebb_error *error)
{
    if (wanted->load_count > TIMELINE_LOADS || wanted->frames > WORKER_MAX_FRAMES) {
        return ebb_fail(error, EBB_ERROR_USAGE, "rows of %u loads and %u return addresses",
                        wanted->load_count, wanted->frames);
    }
    if (wanted->from < timeline->begin || wanted->to > timeline->end ||
        wanted->from >= wanted->to) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "cannot scan from position %llu to %llu; history has those from %llu to "
                        "%llu",
                        (unsigned long long)wanted->from, (unsigned long long)wanted->to,
                        (unsigned long long)timeline->begin, (unsigned long long)timeline->end);
    }
    if (wanted->open_count > TIMELINE_OPEN_CALLS) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot follow %zu calls; %u is the most",
                        wanted->open_count, TIMELINE_OPEN_CALLS);
    }
    return 0;
}

/* What happens on reaching a position is seen from the one before; whoever counts hits has nothing
 * else of that one. */
static struct moment begin_of(const struct timeline *timeline, const struct timeline_scan *wanted)
{
    if (wanted->from == timeline->begin) {
        return moment_applied(wanted->from);
    }
    return wanted->count ? moment_inside(wanted->from - 1) : moment_applied(wanted->from - 1);
}

static struct moment end_of(const struct timeline *timeline, const struct timeline_scan *wanted)
{
    return wanted->count && wanted->to < timeline->end ? moment_arrived(wanted->to)
                                                       : moment_settled(wanted->to);
}

static struct scan *new_scan(struct timeline *timeline, const struct timeline_scan *wanted,
                             struct timeline_scan_result *result, struct ebb_error *error)
{
    struct scan *scan = calloc(1, sizeof(*scan));

    if (!scan) {
        ebb_fail_memory(error);
        return NULL;
    }
    *scan = (struct scan){
        .timeline = timeline,
        .wanted = wanted,
        .result = result,
        .next_from = begin_of(timeline, wanted),
        .to = end_of(timeline, wanted),
        .listener = {.scan = wanted,
                     .last = wanted->to == timeline->end ? wanted->to : wanted->to - 1},
        .replicas = 1,
    };
    for (unsigned i = 0; i < TIMELINE_MAX_WORKERS; i++) {
        scan->owner[i] = -1;
    }
    if (make_breakpoints(scan, error) || make_calls(scan, error)) {
        clean_up(scan);
        return NULL;
    }
    return scan;
}

int timeline_scan(struct timeline *timeline, const struct timeline_scan *wanted,
                  struct timeline_scan_result *result, struct ebb_error *error)
{
    struct timeline_stop stop;
    struct scan *scan;
    int status = move_begin(timeline, wanted->to, &stop, error);

    *result = (struct timeline_scan_result){.reason = TIMELINE_STOP_STEP, .until = wanted->from};
    if (status) {
        result->reason = TIMELINE_STOP_INTERRUPTED;
        return status < 0 ? -1 : 0;
    }
    timeline->progress_from = wanted->from;
    if (check(timeline, wanted, error) || !(scan = new_scan(timeline, wanted, result, error))) {
        return -1;
    }
    skip_clear(scan);
    scan->replicas = recovery_engage(timeline, scan->replicas, wanted->to - wanted->from);
    status = work(scan, error);
    abandon(scan);
    if (status == 0 && result->reason == TIMELINE_STOP_STEP && !result->ended) {
        result->until = wanted->to;
    }
    result->rows = scan->listener.told;
    clean_up(scan);
    return status;
}
