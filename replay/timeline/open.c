/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"
#include "recovery.h"
#include "searched.h"

#include "engine/worker_process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * Instructions between checkpoints: a move back into a part of history that has them replays that
 * many at most, some 30 ms at 1.6 ns each (./run bench replay). In a boot of Linux each takes
 * 2.2 MB and as long as 100 k to 400 k instructions (tests/bench/costs). Less makes moves back
 * sooner and fills the memory earlier; 20 M is a guess between them. placement.c and search.c
 * measure other distances and costs in it.
 */
#define CHECKPOINT_EVERY 20000000u

/* A guess, and not measured: each worker takes a CPU while a search lasts, and as much memory as
 * the guest's RAM that it has touched. */
#define WORKERS_BY_DEFAULT 4u

/*
 * Checkpoints may take one part in this of the machine's memory. A guess: what they do not take is
 * for the workers' RAM, gdb and whatever else runs. With 2.2 MB each, 1 GiB has checkpoints for
 * 10 G instructions at the default distance before any has to go.
 */
#define MEMORY_SHARE 4u

static int compare_keyframes(const void *a, const void *b)
{
    const struct keyframe_place *one = a, *other = b;

    if (one->position != other->position) {
        return one->position < other->position ? -1 : 1;
    }
    return one->number < other->number ? -1 : one->number > other->number;
}

static int list_keyframes(struct timeline *timeline, const struct ebb_log_summary *summary,
                          struct ebb_error *error)
{
    uint64_t first = summary->first_keyframe, count = summary->keyframe_count;
    struct ebb_keyframe keyframe;

    if (ebb_log_require_keyframe(timeline->log, error)) {
        return -1;
    }
    timeline->keyframes = calloc(count - first, sizeof(*timeline->keyframes));
    timeline->gaps = calloc(count - first, sizeof(*timeline->gaps));
    if (!timeline->keyframes || !timeline->gaps) {
        return ebb_fail_memory(error);
    }
    for (uint64_t i = first; i < count; i++) {
        if (ebb_log_keyframe(timeline->log, i, &keyframe, error)) {
            return -1;
        }
        timeline->keyframes[i - first] = (struct keyframe_place){keyframe.position, i};
    }
    timeline->keyframe_count = timeline->gap_capacity = count - first;
    qsort(timeline->keyframes, timeline->keyframe_count, sizeof(*timeline->keyframes),
          compare_keyframes);
    return 0;
}

static int resolve(const struct timeline_options *options, struct ebb_error *error)
{
    struct resolve_options how = {
        .recording = options->recording,
        .worker_path = options->worker_path,
        .workers = options->workers,
        .memory_budget = options->memory_budget,
        .progress = options->resolving,
        .progress_opaque = options->resolving_opaque,
    };
    struct resolve_result result;
    int status = resolve_recording(&how, &result, error);

    resolve_result_free(&result);
    return status;
}

/* Opens the log with positions, which may have to be found first. */
static int open_log(struct timeline *timeline, const struct timeline_options *options,
                    struct ebb_log_summary *summary, struct ebb_error *error)
{
    timeline->log = ebb_log_open(options->recording, error);
    if (!timeline->log) {
        return -1;
    }
    ebb_log_summary(timeline->log, summary);
    if (!summary->counts || summary->resolved) {
        return 0;
    }
    if (resolve(options, error)) {
        return -1;
    }
    ebb_log_close(timeline->log);
    timeline->log = ebb_log_open(options->recording, error);
    if (!timeline->log) {
        return -1;
    }
    ebb_log_summary(timeline->log, summary);
    return summary->resolved ? 0
                             : ebb_fail(error, EBB_ERROR_FAILED,
                                        "the index of %s went away or was replaced by another "
                                        "program; open the recording again",
                                        options->recording);
}

/* Lets history begin at the last keyframe that is not behind `from`, or at the first that is left.
 */
static void begin_at(struct timeline *timeline, uint64_t from)
{
    size_t i = 0;

    while (i + 1 < timeline->keyframe_count && timeline->keyframes[i + 1].position <= from) {
        i++;
    }
    timeline->begin = timeline->keyframes[i].position;
    timeline->moment = moment_settled(timeline->begin);
    timeline->end = timeline->end > timeline->begin ? timeline->end : timeline->begin;
    timeline->point_of_interest = timeline->begin;
}

static int open_recording(struct timeline *timeline, const struct timeline_options *options,
                          struct ebb_error *error)
{
    struct ebb_log_summary summary;
    const char *problem;

    if (open_log(timeline, options, &summary, error) || list_keyframes(timeline, &summary, error)) {
        return -1;
    }
    timeline->end = summary.end_position;
    begin_at(timeline, options->from);
    problem = ebb_log_problem(timeline->log);
    if (!problem && summary.counts) {
        problem = ebb_log_damage(timeline->log); /* which is where such a log ends */
        timeline->damaged = problem != NULL;
    }
    if (problem) {
        timeline->diverged = true;
        timeline->report = strdup(problem);
        if (!timeline->report) {
            return ebb_fail_memory(error);
        }
    }
    return 0;
}

static void apply_options(struct timeline *timeline, const struct timeline_options *options)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = options->workers;

    timeline->adaptive = !options->checkpoint_every;
    timeline->every = timeline->adaptive ? CHECKPOINT_EVERY : options->checkpoint_every;
    timeline->base_every = timeline->every;
    if (!workers) {
        workers = cpus < 1 ? 1 : cpus < WORKERS_BY_DEFAULT ? (unsigned)cpus : WORKERS_BY_DEFAULT;
    }
    timeline->worker_count = workers < TIMELINE_MAX_WORKERS ? workers : TIMELINE_MAX_WORKERS;
    timeline->replacing = options->replacing;
    timeline->progress = options->progress;
    timeline->progress_opaque = options->progress_opaque;
}

static uint64_t default_budget(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / MEMORY_SHARE : 1u << 30;
}

static int prepare(struct timeline *timeline, const struct timeline_options *options,
                   struct ebb_error *error)
{
    uint64_t budget = options->memory_budget ? options->memory_budget : default_budget();

    apply_options(timeline, options);
    timeline->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    timeline->recording = strdup(options->recording);
    timeline->store = page_store_new();
    timeline->set = timeline->store ? checkpoint_set_new(timeline->store, budget) : NULL;
    if (timeline->wake < 0 || !timeline->recording || !timeline->set) {
        return ebb_fail_memory(error);
    }
    timeline->program = worker_process_find(options->worker_path, error);
    return timeline->program ? 0 : -1;
}

/* The keyframe that history begins at; of several at one position, the first. */
static size_t keyframe_of_begin(const struct timeline *timeline)
{
    size_t i = 0;

    while (timeline->keyframes[i].position != timeline->begin) {
        i++;
    }
    return i;
}

/* Brings replica 0 to that keyframe. */
static int try_to_begin(struct timeline *timeline, struct ebb_error *error)
{
    struct start start = {.kind = START_KEYFRAME,
                          .position = timeline->begin,
                          .keyframe = timeline->keyframes[keyframe_of_begin(timeline)].number};
    int result;

    do {
        result = reach_start(timeline, &timeline->replicas[0], &start, true, error);
    } while (result && recovery_try_again(timeline, 0, error));
    return result;
}

/* What is before the beginning is no part of this history. */
static void forget_before_begin(struct timeline *timeline)
{
    size_t first = keyframe_of_begin(timeline);

    timeline->keyframe_count -= first;
    memmove(timeline->keyframes, timeline->keyframes + first,
            timeline->keyframe_count * sizeof(*timeline->keyframes));
}

/* Brings replica 0 to the beginning, whose checkpoint is the set's first and stays for ever. */
static int go_to_begin(struct timeline *timeline, uint64_t from, struct ebb_error *error)
{
    size_t keyframes = timeline->keyframe_count;

    timeline->point_of_interest = timeline->begin;
    if (recovery_start(timeline, &timeline->replicas[0], error)) {
        return -1;
    }
    while (try_to_begin(timeline, error)) {
        /* A damaged keyframe was struck off the list. */
        if (timeline->keyframe_count == keyframes || !timeline->keyframe_count) {
            return -1;
        }
        keyframes = timeline->keyframe_count;
        begin_at(timeline, from);
    }
    forget_before_begin(timeline);
    return 0;
}

struct timeline *timeline_open(const struct timeline_options *options, struct ebb_error *error)
{
    struct timeline *timeline = calloc(1, sizeof(*timeline));

    if (!timeline) {
        ebb_fail_memory(error);
        return NULL;
    }
    if (prepare(timeline, options, error) || open_recording(timeline, options, error) ||
        go_to_begin(timeline, options->from, error)) {
        timeline_close(timeline);
        return NULL;
    }
    return timeline;
}

void timeline_close(struct timeline *timeline)
{
    if (!timeline) {
        return;
    }
    for (unsigned i = 0; i < TIMELINE_MAX_WORKERS; i++) {
        replica_stop(&timeline->replicas[i]);
    }
    while (timeline->documents) {
        struct target_document *next = timeline->documents->next;

        free(timeline->documents->name);
        free(timeline->documents->text);
        free(timeline->documents);
        timeline->documents = next;
    }
    checkpoint_release(timeline->diversion);
    ram_image_release(timeline->loaded.image);
    checkpoint_set_free(timeline->set);
    page_store_free(timeline->store);
    ebb_log_close(timeline->log);
    if (timeline->wake >= 0) {
        close(timeline->wake);
    }
    searched_forget_all(timeline);
    ebb_page_sets_free(timeline->page_sets, timeline->page_set_count);
    breakpoint_list_free(&timeline->breakpoints);
    free(timeline->keyframes);
    free(timeline->gaps);
    free(timeline->report);
    free(timeline->notice);
    free(timeline->recording);
    free(timeline->program);
    free(timeline);
}

const struct ebb_log *timeline_log(const struct timeline *timeline)
{
    return timeline->log;
}

char *timeline_take_notice(struct timeline *timeline)
{
    char *notice = timeline->notice;

    timeline->notice = NULL;
    return notice;
}

uint64_t timeline_begin(const struct timeline *timeline)
{
    return timeline->begin;
}

uint64_t timeline_end(const struct timeline *timeline)
{
    return timeline->end;
}

uint64_t timeline_position(const struct timeline *timeline)
{
    return timeline->moment.position;
}

void timeline_visit_checkpoints(const struct timeline *timeline,
                                void (*visit)(void *opaque,
                                              const struct timeline_checkpoint_info *info),
                                void *opaque)
{
    size_t checkpoint = 0, keyframe = 0;

    while (1) {
        const struct checkpoint *next = checkpoint_set_at(timeline->set, checkpoint);
        bool have_keyframe = keyframe < timeline->keyframe_count;
        struct timeline_checkpoint_info info = {0};

        if (!next && !have_keyframe) {
            return;
        }
        if (have_keyframe && (!next || timeline->keyframes[keyframe].position <= next->position)) {
            info.position = timeline->keyframes[keyframe++].position;
            info.keyframe = true;
        } else {
            info.position = next->position;
            info.own_bytes = checkpoint_own_bytes(next);
            checkpoint++;
        }
        visit(opaque, &info);
    }
}

static uint64_t count_requests(const struct timeline *timeline)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < TIMELINE_MAX_WORKERS; i++) {
        if (timeline->replicas[i].worker) {
            sum += worker_client_requests(timeline->replicas[i].worker);
        }
    }
    return sum;
}

void timeline_stats(const struct timeline *timeline, struct timeline_stats *stats)
{
    *stats = (struct timeline_stats){
        .memory_used = page_store_used(timeline->store),
        .memory_budget = checkpoint_set_budget(timeline->set),
        .checkpoints = checkpoint_set_count(timeline->set),
        .instructions_replayed = timeline->instructions_replayed,
        .restores = timeline->restores,
        .workers_replaced = timeline->workers_replaced,
        .requests = count_requests(timeline),
    };
}

int timeline_worker_pid(const struct timeline *timeline, unsigned i)
{
    return i < TIMELINE_MAX_WORKERS && timeline->replicas[i].worker
               ? worker_client_pid(timeline->replicas[i].worker)
               : -1;
}
