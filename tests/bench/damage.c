/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small recording, cut off at every byte of its files and with every byte of them changed: what
 * is left of it must be the truth, and be there.
 *
 *     ninja -C build tests/bench/damage && build/tests/bench/damage [STEP]
 *
 * The recording is a toy history (tests/unit), replayed by fake workers, so that each state that a
 * damaged recording leads to can be compared with what really happened. For each of the files, each
 * damage is a case; with STEP, only each STEPth. In each, the engine opens the recording, goes to
 * the end of what is left and back, and looks at some states on the way. Right is
 *
 *   an error of kind EBB_ERROR_CORRUPT that names the file, if nothing is left to start from,
 *   else a history that reaches at least up to the damage, in which all states are right, and which
 *   says at its end that it was cut off, or what is damaged and where.
 *
 * The kind of an error is the exit status of the commands. Prints, for each file and sort of
 * damage, a line of JSON; the exit status is 0 if all cases are right.
 */
#include "log/buffer.h"
#include "log/format.h"
#include "tests/unit/recording_fixture.h"
#include "tests/unit/toy_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH 1500u
#define BLOCK_EVENTS 40u

static const struct toy_history_options made = {
    .seed = 4, .length = LENGTH, .block_events = BLOCK_EVENTS};

struct bench {
    char *directory;
    struct toy_history *history;
    const char *file;
    uint8_t *bytes; /* the file as it was */
    size_t size;
    size_t step;
};

enum sort { CUT, CHANGED };

/* The position of the last event that must be left if there are so many whole ones. What is nested
 * in an access whose own event is missing goes with it: that has one position. */
static uint64_t last_position(const struct toy_history *history, uint64_t events)
{
    uint64_t last = events - 1;

    while (last > 0 && history->event_positions[last] == history->event_positions[events - 1]) {
        last--;
    }
    return history->event_positions[last];
}

/* The position that history must reach at least. Damaged keyframes cost none at its end. */
static uint64_t least_end(const struct bench *bench, size_t place)
{
    size_t offset = EBB_FILE_HEADER_SIZE;
    uint64_t events = 0;
    struct ebb_block block;

    if (strcmp(bench->file, EBB_LOG_FILE) != 0) {
        return LENGTH;
    }
    while (offset < bench->size) {
        ebb_unpack_block_header(bench->bytes + offset, offset, 0, &block);
        offset += EBB_BLOCK_HEADER_SIZE + block.stored_size;
        if (place < offset) {
            return events ? last_position(bench->history, events) : 0;
        }
        events = block.first + block.count;
    }
    return LENGTH;
}

static bool is_state(const struct bench *bench, struct timeline *timeline)
{
    uint64_t position = timeline_position(timeline), registers, ram;
    struct toy_cpu cpu;
    struct ebb_error error;

    return position <= LENGTH && !timeline_read_registers(timeline, (uint8_t *)&cpu, &error) &&
           !timeline_digest(timeline, &registers, &ram, &error) &&
           memcmp(&cpu, &bench->history->states[position], sizeof(cpu)) == 0 &&
           ram == bench->history->ram_digests[position] && registers == toy_digest_registers(&cpu);
}

/* What is wrong with an error that kept the recording from being opened. */
static const char *judge_error(const struct bench *bench, enum sort sort, size_t place,
                               const struct ebb_error *error)
{
    bool log = strcmp(bench->file, EBB_LOG_FILE) == 0;

    if (error->kind != EBB_ERROR_CORRUPT) {
        return "the error is of another kind";
    }
    if (!strstr(error->message, bench->directory)) {
        return "the error does not name the recording";
    }
    return log && sort == CUT && place >= EBB_FILE_HEADER_SIZE ? "a log that was cut off is refused"
                                                               : NULL;
}

/* What is wrong with the end of what is left. */
static const char *judge_end(const struct bench *bench, enum sort sort, size_t place,
                             struct timeline *timeline, const struct timeline_stop *stop)
{
    uint64_t position = timeline_position(timeline);

    if (stop->reason == TIMELINE_STOP_DAMAGED && sort == CUT) {
        return "a recording that was cut off is called damaged";
    }
    if (stop->reason == TIMELINE_STOP_DAMAGED &&
        (!stop->report || !strstr(stop->report, bench->directory))) {
        return "it is not said what is damaged";
    }
    if (stop->reason != TIMELINE_STOP_DAMAGED && stop->reason != TIMELINE_STOP_END) {
        return "the way to the end ends for another reason";
    }
    return position < least_end(bench, place) ? "what is before the damage is missing" : NULL;
}

/* Goes to the end of what is left, and about in it. Returns what is wrong, or NULL. */
static const char *walk(const struct bench *bench, enum sort sort, size_t place,
                        struct timeline *timeline)
{
    uint64_t begin = timeline_begin(timeline), end;
    struct timeline_stop stop;
    struct ebb_error error;
    const char *problem;

    if (!is_state(bench, timeline)) {
        return "the first state is wrong";
    }
    if (timeline_run_forward(timeline, UINT64_MAX, &stop, &error)) {
        return "the way to the end fails";
    }
    problem = judge_end(bench, sort, place, timeline, &stop);
    if (problem) {
        return problem;
    }
    end = timeline_position(timeline);
    if (!is_state(bench, timeline)) {
        return "the last state is wrong";
    }
    if (timeline_reverse_step(timeline, &stop, &error) || !is_state(bench, timeline)) {
        return "the state before the last is wrong";
    }
    if (timeline_seek(timeline, begin + (end - begin) / 2, &stop, &error) ||
        !is_state(bench, timeline)) {
        return "a state in the middle is wrong";
    }
    return NULL;
}

static const char *try_case(const struct bench *bench, enum sort sort, size_t place)
{
    struct timeline_options options = {.recording = bench->directory,
                                       .worker_path = session_fake_worker(),
                                       .workers = 1,
                                       .checkpoint_every = 300};
    struct ebb_error error = {0};
    struct timeline *timeline = timeline_open(&options, &error);
    const char *problem;

    if (!timeline) {
        return judge_error(bench, sort, place, &error);
    }
    problem = walk(bench, sort, place, timeline);
    timeline_close(timeline);
    return problem;
}

/* All cases of one sort. Returns how many are wrong. */
static unsigned try_all(struct bench *bench, enum sort sort)
{
    unsigned cases = 0, wrong = 0;

    for (size_t place = 0; place < bench->size; place += bench->step) {
        const char *problem;

        bench->bytes[place] ^= sort == CHANGED ? 1u << place % 8 : 0;
        fixture_write(bench->directory, bench->file, bench->bytes,
                      sort == CUT ? place : bench->size);
        bench->bytes[place] ^= sort == CHANGED ? 1u << place % 8 : 0;
        problem = try_case(bench, sort, place);
        cases++;
        if (problem) {
            wrong++;
            fprintf(stderr, "%s, %s at byte %zu: %s\n", bench->file,
                    sort == CUT ? "cut off" : "changed", place, problem);
        }
    }
    fixture_write(bench->directory, bench->file, bench->bytes, bench->size);
    printf("{\"metric\": \"damage_%s_%s\", \"unit\": \"cases\", \"right\": %u, \"cases\": %u}\n",
           bench->file, sort == CUT ? "cut_off" : "changed", cases - wrong, cases);
    fflush(stdout);
    return wrong;
}

int main(int argc, char **argv)
{
    static const char *const files[] = {EBB_LOG_FILE, EBB_KEYFRAMES_FILE};
    struct bench bench = {.directory = fixture_directory(),
                          .step = argc > 1 ? strtoul(argv[1], NULL, 0) : 1};
    unsigned wrong = 0;

    bench.step = bench.step ? bench.step : 1;
    bench.history = toy_history_make(bench.directory, &made);
    if (bench.history->resets || bench.history->keyframes < 2) {
        fprintf(stderr, "damage: the history has resets, or too few keyframes\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        bench.file = files[i];
        bench.bytes = fixture_read(bench.directory, bench.file, &bench.size);
        wrong += try_all(&bench, CUT);
        wrong += try_all(&bench, CHANGED);
        free(bench.bytes);
    }
    toy_history_free(bench.history);
    fixture_remove(bench.directory);
    return wrong ? 1 : 0;
}
