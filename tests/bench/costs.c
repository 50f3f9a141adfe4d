/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What moves consist of, and what that costs: the measurements behind the constants of
 * replay/timeline/.
 *
 *     ninja -C build tests/bench/costs && build/tests/bench/costs RECORDING
 *
 * Starts workers, loads each keyframe, takes a checkpoint every 20 million instructions, restores
 * them; then opens a timeline, goes to its end and steps back from there. Prints medians, and in
 * brackets how many samples, the least and the most. The recording must have positions, and no
 * reset of the guest.
 */
#include "engine/replica.h"
#include "engine/worker_process.h"
#include "log/clock.h"
#include "replay/timeline/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#define EVERY 20000000u /* instructions */
#define MAX_SAMPLES 4096u
#define STEPS 200u

struct samples {
    double list[MAX_SAMPLES]; /* microseconds */
    size_t count;
};

struct costs {
    struct ebb_log *log;
    char *program;
    const char *recording;
    struct page_store *store;
    struct replica replica;
    struct keyframe_ram loaded;
    struct checkpoint *checkpoints[MAX_SAMPLES];
    size_t checkpoint_count;
    struct ebb_error error;
};

static void check(struct costs *costs, bool failed)
{
    if (failed) {
        fprintf(stderr, "costs: %s\n", costs->error.message);
        exit(1);
    }
}

static void add(struct samples *samples, uint64_t since, double share)
{
    if (samples->count < MAX_SAMPLES) {
        samples->list[samples->count++] = (double)(ebb_clock_now() - since) / 1e3 / share;
    }
}

static int compare(const void *a, const void *b)
{
    const double *one = a, *other = b;

    return *one < *other ? -1 : *one > *other;
}

static void print(const char *what, struct samples *samples)
{
    qsort(samples->list, samples->count, sizeof(samples->list[0]), compare);
    if (samples->count) {
        printf("%-52s %10.1f us  (%zu, from %.1f to %.1f)\n", what,
               samples->list[samples->count / 2], samples->count, samples->list[0],
               samples->list[samples->count - 1]);
    }
}

static void start(struct costs *costs)
{
    check(costs, replica_start(&costs->replica, costs->program, costs->recording, WORKER_REPLAYS,
                               costs->store, &costs->error));
}

static uint64_t run_to(struct costs *costs, uint64_t position)
{
    struct replica *replica = &costs->replica;
    struct moment limit = moment_settled(position);
    struct worker_run run = {.reported = limit, .limit = limit, .flags = WORKER_RUN_LAST_HIT};
    struct worker_stop stop;
    uint64_t from = replica->moment.position;
    char *report = NULL;

    check(costs, worker_client_run_begin(replica->worker, &run, &costs->error) ||
                     worker_client_run_end(replica->worker, &stop, &report, &costs->error));
    free(report);
    replica->moment = stop.moment;
    return stop.moment.position - from;
}

static void measure_starts(struct costs *costs)
{
    struct samples starts = {.count = 0};

    for (int i = 0; i < 9; i++) {
        uint64_t before = ebb_clock_now();

        start(costs);
        add(&starts, before, 1);
        replica_stop(&costs->replica);
    }
    print("start a worker", &starts);
}

static void measure_keyframes(struct costs *costs, const struct ebb_log_summary *summary)
{
    struct samples loads = {.count = 0}, first = {.count = 0}, pages = {.count = 0};
    uint64_t known = 0;

    for (uint64_t i = summary->first_keyframe; i < summary->keyframe_count; i++) {
        uint64_t before = ebb_clock_now(), contents = ebb_keyframe_contents_before(costs->log, i);

        check(costs, replica_load_keyframe(&costs->replica, costs->log, &costs->loaded, i, 0,
                                           &costs->error));
        add(i == summary->first_keyframe ? &first : &loads, before, 1);
        if (contents > known) {
            add(&pages, before, (double)(contents - known));
        }
        known = contents;
    }
    print("load the first keyframe", &first);
    print("load a keyframe, the one before being known", &loads);
    printf("page contents stored: %llu\n", (unsigned long long)known);
    print("load a keyframe, for each page content it has to read", &pages);
}

static void measure_run(struct costs *costs, const struct ebb_log_summary *summary)
{
    struct samples runs = {.count = 0}, captures = {.count = 0}, steps = {.count = 0};
    uint64_t position = summary->begin_position;

    check(costs, replica_load_keyframe(&costs->replica, costs->log, &costs->loaded,
                                       summary->first_keyframe, 0, &costs->error));
    run_to(costs, position);
    while (position + EVERY < summary->end_position && costs->checkpoint_count < MAX_SAMPLES) {
        struct checkpoint **checkpoint = &costs->checkpoints[costs->checkpoint_count++];
        uint64_t before = ebb_clock_now();

        *checkpoint = replica_capture(&costs->replica, position, &costs->error);
        check(costs, !*checkpoint);
        add(&captures, before, 1);
        before = ebb_clock_now();
        run_to(costs, position + 1);
        add(&steps, before, 1);
        before = ebb_clock_now();
        position += EVERY;
        add(&runs, before, (double)run_to(costs, position) / 1e6);
    }
    print("run a million instructions", &runs);
    print("run one instruction", &steps);
    print("take a checkpoint, 20 million instructions on", &captures);
    printf("memory for each of them: %.1f MB on average\n",
           (double)page_store_used(costs->store) / 1e6 / (double)costs->checkpoint_count);
}

static void measure_restores(struct costs *costs)
{
    struct samples neighbours = {.count = 0}, far = {.count = 0};
    size_t count = costs->checkpoint_count;

    for (size_t i = 0; i < count; i++) {
        struct checkpoint *checkpoint = costs->checkpoints[count - 1 - i];
        uint64_t before = ebb_clock_now();

        check(costs, replica_restore(&costs->replica, checkpoint, &costs->error));
        add(&neighbours, before, 1);
    }
    for (size_t i = 0; i < count; i++) {
        struct checkpoint *checkpoint =
            costs->checkpoints[i % 2 ? i / 2 : (count / 2 + i / 2) % count];
        uint64_t before = ebb_clock_now();

        check(costs, replica_restore(&costs->replica, checkpoint, &costs->error));
        add(&far, before, 1);
    }
    print("restore the checkpoint before", &neighbours);
    print("restore one half the recording away", &far);
}

static void measure_steps(struct costs *costs)
{
    struct timeline_options options = {.recording = costs->recording, .workers = 1};
    struct samples seeks = {.count = 0}, steps = {.count = 0};
    uint64_t before = ebb_clock_now();
    struct timeline *timeline = timeline_open(&options, &costs->error);
    struct timeline_stats start, end;
    struct timeline_stop stop;

    check(costs,
          !timeline || timeline_seek(timeline, timeline_end(timeline), &stop, &costs->error));
    add(&seeks, before, 1);
    timeline_stats(timeline, &start);
    for (unsigned i = 0; i < STEPS; i++) {
        before = ebb_clock_now();
        check(costs, timeline_reverse_step(timeline, &stop, &costs->error));
        add(&steps, before, 1);
    }
    timeline_stats(timeline, &end);
    timeline_close(timeline);
    print("open a timeline and go to its end", &seeks);
    print("step back from there", &steps);
    printf("instructions replayed for each step: %.0f; checkpoints: %llu\n",
           (double)(end.instructions_replayed - start.instructions_replayed) / STEPS,
           (unsigned long long)end.checkpoints);
}

int main(int argc, char **argv)
{
    static struct costs costs;
    struct ebb_log_summary summary;

    if (argc != 2) {
        fprintf(stderr, "usage: costs RECORDING\n");
        return 2;
    }
    costs.recording = argv[1];
    costs.store = page_store_new();
    costs.log = ebb_log_open(costs.recording, &costs.error);
    check(&costs, !costs.log);
    costs.program = worker_process_find(NULL, &costs.error);
    check(&costs, !costs.program);
    ebb_log_summary(costs.log, &summary);
    measure_starts(&costs);
    start(&costs);
    measure_keyframes(&costs, &summary);
    measure_run(&costs, &summary);
    measure_restores(&costs);
    replica_stop(&costs.replica);
    measure_steps(&costs);
    for (size_t i = 0; i < costs.checkpoint_count; i++) {
        checkpoint_release(costs.checkpoints[i]);
    }
    ram_image_release(costs.loaded.image);
    page_store_free(costs.store);
    ebb_log_close(costs.log);
    free(costs.program);
    return 0;
}
