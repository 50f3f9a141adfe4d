/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"
#include "drive.h"
#include "gaps.h"
#include "page_sets.h"
#include "placement.h"
#include "reach.h"
#include "recovery.h"
#include "wait.h"

#include "log/clock.h"

/*
 * More workers are started when so many checkpoint distances (60 M instructions by default) have
 * been searched, and enough are left (recovery_engage()): a search that ends within 60 M is over
 * before they were all there.
 */
#define NEAR 3u

struct job {
    bool active;
    bool cancelled;
    unsigned number;        /* 0 is the latest interval */
    struct moment from, to; /* hits between them are looked for */
    struct start start;     /* owns its checkpoint */
    bool place;             /* the run in progress ends where a checkpoint is wanted */
    bool hit;
    struct worker_hit last_hit;
    unsigned deaths;
};

struct search {
    struct timeline *timeline;
    struct moment from, to;
    struct moment next_to; /* upper end of the next interval */
    unsigned next_number;
    unsigned replicas; /* in use */
    struct search_result *result;
    struct job jobs[TIMELINE_MAX_WORKERS]; /* job i is replica i's */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * How long the next interval is to be at least: half as long as all that was searched so far, up to
 * what is worth a start. The half is a guess: the first intervals are short, so that a hit close by
 * is found soon, and few, so that starts do not add up. Several replicas share what is left, so
 * that none is alone with the last of it for long.
 */
static uint64_t least_length(const struct search *search)
{
    struct timeline *timeline = search->timeline;
    uint64_t searched = search->to.position - search->next_to.position;
    uint64_t worth = placement_worth_a_start(timeline), least = worth;

    if (search->replicas > 1) {
        uint64_t share = (search->next_to.position - search->from.position) / search->replicas / 2;

        least = larger(smaller(worth, share), larger(worth / 4, timeline->every));
    }
    return larger(smaller(least, searched / 2), 1);
}

static int cut_next_interval(struct search *search, struct job *job, struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    uint64_t first = search->from.position, to = search->next_to.position;
    uint64_t least = least_length(search);
    /* Not farther than to what is known to be without a hit. */
    uint64_t wanted = page_sets_unclear_since(timeline, &timeline->breakpoints,
                                              to - first > least ? to - least : first, to);

    *job = (struct job){
        .active = true,
        .number = search->next_number++,
        .from = search->from,
        .to = search->next_to,
    };
    if (placement_need_start(timeline, NULL, wanted, &job->start, error)) {
        job->active = false;
        return -1;
    }
    if (job->start.kind == START_CHECKPOINT) {
        checkpoint_take(job->start.checkpoint);
    }
    /* What reaches a place between two intervals is the earlier one's to find, the breakpoint that
     * the place stands on the later one's. */
    if (job->start.position > first) {
        job->from = moment_applied(job->start.position);
    }
    search->next_to = moment_settled(job->from.position);
    return 0;
}

static void release_start(struct job *job)
{
    if (job->start.kind == START_CHECKPOINT) {
        checkpoint_release(job->start.checkpoint);
    }
}

static void end_job(struct job *job)
{
    release_start(job);
    job->active = false;
}

static void cancel_earlier_intervals(struct search *search, unsigned number)
{
    for (unsigned i = 0; i < search->replicas; i++) {
        struct job *job = &search->jobs[i];

        if (job->active && job->number > number) {
            job->cancelled = true;
            worker_client_request_stop(search->timeline->replicas[i].worker);
        }
    }
}

/* What later intervals that are still being searched will find takes precedence; earlier ones do
 * not matter any more. */
static void note_result(struct search *search, const struct job *job, bool diverged)
{
    search->result->kind = diverged ? SEARCH_DIVERGED : SEARCH_HIT;
    search->result->hit = job->last_hit;
    cancel_earlier_intervals(search, job->number);
}

/* The interval was searched whole, or could not be because replay and log disagree in it. */
static void finish_job(struct search *search, struct job *job, bool diverged)
{
    if ((job->hit || diverged) && !job->cancelled) {
        note_result(search, job, diverged);
    }
    end_job(job);
}

/* Sets the job's replica running towards the job's end. */
static int continue_job(struct search *search, unsigned i, struct ebb_error *error)
{
    struct job *job = &search->jobs[i];
    struct replica *replica = &search->timeline->replicas[i];
    uint64_t target = job->to.position;
    /* Where a search began, more will begin: there checkpoints pay most. */
    uint64_t stop = placement_next_in_search(search->timeline, replica->moment.position, target,
                                             search->to.position);
    struct worker_run run = {.reported = job->from,
                             .limit = stop < target ? moment_settled(stop) : job->to,
                             .flags = WORKER_RUN_LAST_HIT};

    job->place = stop < target;
    return worker_client_run_begin(replica->worker, &run, error);
}

static int try_to_begin_job(struct search *search, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct replica *replica = &timeline->replicas[i];
    struct job *job = &search->jobs[i];
    uint64_t before;

    job->hit = false;
    if (!replica->worker && recovery_start(timeline, replica, error)) {
        return -1;
    }
    before = ebb_clock_now();
    if (reach_start(timeline, replica, &job->start, false, error) ||
        replica_set_breakpoints(replica, &timeline->breakpoints, error)) {
        return -1;
    }
    placement_learn_start(timeline, ebb_clock_now() - before);
    return continue_job(search, i, error);
}

static int begin_job(struct search *search, unsigned i, struct ebb_error *error)
{
    int result;

    do {
        result = try_to_begin_job(search, i, error);
    } while (result && recovery_replace(search->timeline, i, &search->jobs[i].deaths, error));
    return result;
}

/*
 * Of an interval with a damaged place in it, what is behind that can be searched, from the first
 * state there. The last hit there is the interval's; without one nothing is known, since there may
 * have been one in what is lost. False if there is no such state.
 */
static bool skip_damage(struct search *search, struct job *job, uint64_t position)
{
    struct start start;
    struct moment from;

    if (!gaps_note(search->timeline, position) ||
        !placement_start_behind(search->timeline, position, &start) ||
        start.position >= job->to.position) {
        return false;
    }
    if (start.kind == START_CHECKPOINT) {
        checkpoint_take(start.checkpoint);
    }
    release_start(job);
    job->start = start;
    from = moment_applied(start.position);
    if (moment_before(job->from, from)) {
        job->from = from;
        note_result(search, job, true);
    }
    return true;
}

static void note_hit(struct job *job, const struct worker_stop *stop)
{
    if (stop->hit_count) {
        job->hit = true;
        job->last_hit = stop->hit;
    }
}

/* What to do after the run of a job has stopped. */
static int job_stopped(struct search *search, unsigned i, struct worker_stop *stop,
                       struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct replica *replica = &timeline->replicas[i];
    struct job *job = &search->jobs[i];

    note_hit(job, stop);
    if (job->cancelled || timeline->interrupted) {
        end_job(job);
        return 0;
    }
    if (stop->reason == WORKER_STOP_RESET) {
        if (drive_reset(timeline, replica, job->from, stop, error)) {
            return -1;
        }
        note_hit(job, stop);
    }
    if (stop->reason == WORKER_STOP_DIVERGED) {
        if (skip_damage(search, job, stop->moment.position)) {
            return begin_job(search, i, error);
        }
        finish_job(search, job, true);
        return 0;
    }
    if (stop->reason == WORKER_STOP_END || !moment_before(replica->moment, job->to)) {
        finish_job(search, job, false);
        return 0;
    }
    if (stop->reason == WORKER_STOP_LIMIT && job->place &&
        placement_take(timeline, replica, error)) {
        return -1;
    }
    return continue_job(search, i, error);
}

static int serve_stopped(struct search *search, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct job *job = &search->jobs[i];
    struct worker_stop stop;

    if (drive_end(timeline, &timeline->replicas[i], &stop, error) == 0 &&
        job_stopped(search, i, &stop, error) == 0) {
        return 0;
    }
    if (!recovery_replace(timeline, i, &job->deaths, error)) {
        end_job(job);
        return -1;
    }
    if (job->cancelled || timeline->interrupted) {
        end_job(job);
        return 0;
    }
    return begin_job(search, i, error);
}

/* More replicas join once what is near has turned out to be empty: what is near takes no longer
 * than starting a worker. */
static void engage_replicas(struct search *search)
{
    uint64_t next_to = search->next_to.position;

    if (search->replicas == 1 &&
        search->to.position - next_to >= NEAR * search->timeline->base_every) {
        search->replicas = recovery_engage(search->timeline, 1, next_to - search->from.position);
    }
}

/* What is known to be without a hit is not searched. */
static void skip_clear(struct search *search)
{
    uint64_t to = search->next_to.position;
    uint64_t since = page_sets_clear_since(search->timeline, &search->timeline->breakpoints,
                                           search->from.position, to);

    if (since < to) {
        search->next_to = moment_settled(since);
    }
}

static int hand_out(struct search *search, struct ebb_error *error)
{
    engage_replicas(search);
    for (unsigned i = 0; i < search->replicas; i++) {
        if (search->jobs[i].active) {
            continue;
        }
        if (search->result->kind != SEARCH_NOTHING || search->timeline->interrupted ||
            search->next_to.position <= search->from.position) {
            break;
        }
        if (cut_next_interval(search, &search->jobs[i], error)) {
            return -1;
        }
        if (begin_job(search, i, error)) {
            end_job(&search->jobs[i]);
            return -1;
        }
        skip_clear(search);
    }
    return 0;
}

static bool any_running(const struct search *search)
{
    for (unsigned i = 0; i < search->replicas; i++) {
        if (search->jobs[i].active) {
            return true;
        }
    }
    return false;
}

/* After a failure: lets the others stop, so that their replicas can be used again. */
static void abandon(struct search *search)
{
    struct timeline *timeline = search->timeline;

    for (unsigned i = 0; i < search->replicas; i++) {
        struct replica *replica = &timeline->replicas[i];
        struct worker_stop stop;

        if (!search->jobs[i].active) {
            continue;
        }
        end_job(&search->jobs[i]);
        if (replica->worker && worker_client_running(replica->worker)) {
            worker_client_request_stop(replica->worker);
            drive_end(timeline, replica, &stop, NULL);
        }
    }
}

int search_last_hit(struct timeline *timeline, struct moment from, struct moment to,
                    struct search_result *result, struct ebb_error *error)
{
    struct search search = {
        .timeline = timeline,
        .from = from,
        .to = to,
        .next_to = to,
        .replicas = 1,
        .result = result,
    };

    result->kind = SEARCH_NOTHING;
    skip_clear(&search);
    while (1) {
        if (hand_out(&search, error)) {
            abandon(&search);
            return -1;
        }
        if (!any_running(&search)) {
            break;
        }
        if (serve_stopped(&search, wait_for_stop(timeline), error)) {
            abandon(&search);
            return -1;
        }
    }
    if (timeline->interrupted) {
        result->kind = SEARCH_INTERRUPTED;
    }
    return 0;
}
