/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searching backward. The stretch is cut into intervals, each beginning at a checkpoint or a
 * keyframe; they are searched from the latest to the earliest, by one replica or several at once.
 * Each interval is run forward once, the worker remembering the last hit. The latest interval that
 * has one gives the answer.
 *
 * The intervals grow with their distance from where the search began: what is near is found soon,
 * and a search far back does not pay for every checkpoint that happens to be there.
 */
#include "internal.h"

/* Starting more workers pays when at least this many checkpoint distances are left. */
#define PARALLEL_LEAST 10u

/* And not before this many have been searched. */
#define NEAR 3u

struct job {
    bool active;
    bool cancelled;
    unsigned number; /* 0 is the latest interval */
    uint64_t from, to;
    bool at_from;
    struct start start; /* owns its checkpoint */
    bool counting;      /* the run in progress is inside the interval */
    bool place;         /* the run in progress ends where a checkpoint is wanted */
    bool hit;
    struct worker_hit last_hit;
    unsigned deaths;
};

struct search {
    struct timeline *timeline;
    uint64_t from, to;
    bool at_from;
    uint64_t next_to; /* upper end of the next interval */
    unsigned next_number;
    unsigned replicas; /* in use */
    struct search_result *result;
    struct job jobs[TIMELINE_MAX_WORKERS]; /* job i is replica i's */
};

static void cut_next_interval(struct search *search, struct job *job)
{
    struct timeline *timeline = search->timeline;
    uint64_t to = search->next_to, least = (search->to - to) / 2;
    uint64_t position;

    least = least > timeline->every ? timeline->every : least ? least : 1;
    position = to - search->from > least ? to - least : search->from;
    *job = (struct job){.active = true, .number = search->next_number++, .to = to};
    timeline_choose_start(timeline, NULL, position, &job->start);
    if (job->start.kind == START_CHECKPOINT) {
        checkpoint_take(job->start.checkpoint);
    }
    job->from = job->start.position > search->from ? job->start.position : search->from;
    job->at_from = job->from > search->from || search->at_from;
    search->next_to = job->from;
}

static void end_job(struct job *job)
{
    if (job->start.kind == START_CHECKPOINT) {
        checkpoint_release(job->start.checkpoint);
    }
    job->active = false;
}

static void cancel_after(struct search *search, unsigned number)
{
    for (unsigned i = 0; i < search->replicas; i++) {
        struct job *job = &search->jobs[i];

        if (job->active && job->number > number) {
            job->cancelled = true;
            worker_request_stop(search->timeline->replicas[i].worker);
        }
    }
}

/*
 * The interval was searched whole, or could not be because replay and log disagree in it. What
 * later intervals that are still being searched will find takes precedence; earlier ones do not
 * matter any more.
 */
static void finish_job(struct search *search, struct job *job, bool diverged)
{
    if ((job->hit || diverged) && !job->cancelled) {
        search->result->kind = diverged ? SEARCH_DIVERGED : SEARCH_HIT;
        search->result->hit = job->last_hit;
        cancel_after(search, job->number);
    }
    end_job(job);
}

/* Sets the job's replica running towards the job's end. */
static int continue_job(struct search *search, unsigned i, struct ebb_error *error)
{
    struct job *job = &search->jobs[i];
    struct replica *replica = &search->timeline->replicas[i];
    uint64_t position = replica->position, target, limit;
    uint32_t flags = WORKER_RUN_LAST_HIT;

    job->counting = position > job->from || (position == job->from && replica->settled);
    target = job->counting ? job->to : job->from;
    /* Where a search began, more will begin: there checkpoints pay most. */
    limit = timeline_next_stop(search->timeline, position, target, job->number == 0);
    job->place = limit < target;
    if (job->counting && (position > job->from || job->at_from)) {
        flags |= WORKER_RUN_HIT_AT_START;
    }
    return worker_run_begin(replica->worker, limit, flags, error);
}

static int try_to_begin_job(struct search *search, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct replica *replica = &timeline->replicas[i];
    struct job *job = &search->jobs[i];

    job->hit = false;
    if (!replica->worker && timeline_start_replica(timeline, replica, error)) {
        return -1;
    }
    if (timeline_go_to_start(timeline, replica, &job->start, error) ||
        replica_set_breakpoints(replica, &timeline->breakpoints, error)) {
        return -1;
    }
    return continue_job(search, i, error);
}

static int begin_job(struct search *search, unsigned i, struct ebb_error *error)
{
    int result;

    do {
        result = try_to_begin_job(search, i, error);
    } while (result && timeline_replace(search->timeline, i, &search->jobs[i].deaths, error));
    return result;
}

/* What to do after the run of a job has stopped. */
static int job_stopped(struct search *search, unsigned i, const struct worker_stop *stop,
                       struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct replica *replica = &timeline->replicas[i];
    struct job *job = &search->jobs[i];

    if (job->counting && stop->hit_count) {
        job->hit = true;
        job->last_hit = stop->hit;
    }
    if (job->cancelled || timeline->interrupted) {
        end_job(job);
        return 0;
    }
    if (stop->reason == WORKER_STOP_DIVERGED) {
        finish_job(search, job, true);
        return 0;
    }
    if (stop->reason == WORKER_STOP_RESET && timeline_load_reset(timeline, replica, stop, error)) {
        return -1;
    }
    if (replica->settled && (stop->reason == WORKER_STOP_END || replica->position >= job->to)) {
        finish_job(search, job, false);
        return 0;
    }
    if (stop->reason == WORKER_STOP_LIMIT && job->place &&
        timeline_place(timeline, replica, error)) {
        return -1;
    }
    return continue_job(search, i, error);
}

static int serve_stopped(struct search *search, unsigned i, struct ebb_error *error)
{
    struct timeline *timeline = search->timeline;
    struct job *job = &search->jobs[i];
    struct worker_stop stop;

    if (timeline_run_end(timeline, &timeline->replicas[i], &stop, error) == 0 &&
        job_stopped(search, i, &stop, error) == 0) {
        return 0;
    }
    if (!timeline_replace(timeline, i, &job->deaths, error)) {
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
    struct timeline *timeline = search->timeline;
    uint64_t left = search->next_to - search->from;

    if (search->replicas > 1 || search->to - search->next_to < NEAR * timeline->base_every ||
        left < PARALLEL_LEAST * timeline->base_every) {
        return;
    }
    while (search->replicas < timeline->worker_count) {
        struct replica *replica = &timeline->replicas[search->replicas];

        /* One worker is enough to go on with. */
        if (!replica->worker && timeline_start_replica(timeline, replica, NULL)) {
            timeline->worker_count = search->replicas;
            break;
        }
        search->replicas++;
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
            search->next_to <= search->from) {
            break;
        }
        cut_next_interval(search, &search->jobs[i]);
        if (begin_job(search, i, error)) {
            end_job(&search->jobs[i]);
            return -1;
        }
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
        if (replica->worker && worker_running(replica->worker)) {
            worker_request_stop(replica->worker);
            timeline_run_end(timeline, replica, &stop, NULL);
        }
    }
}

int timeline_search(struct timeline *timeline, uint64_t from, bool at_from, uint64_t to,
                    struct search_result *result, struct ebb_error *error)
{
    struct search search = {
        .timeline = timeline,
        .from = from,
        .to = to,
        .at_from = at_from,
        .next_to = to,
        .replicas = 1,
        .result = result,
    };

    result->kind = SEARCH_NOTHING;
    while (1) {
        if (hand_out(&search, error)) {
            abandon(&search);
            return -1;
        }
        if (!any_running(&search)) {
            break;
        }
        if (serve_stopped(&search, timeline_wait(timeline), error)) {
            abandon(&search);
            return -1;
        }
    }
    if (timeline->interrupted) {
        result->kind = SEARCH_INTERRUPTED;
    }
    return 0;
}
