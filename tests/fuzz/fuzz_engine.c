/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker says, as the engine reads it: sessions over a toy history with fake workers that
 * change their replies at random (rounds.h). Wanted are no crash, no sanitizer's report and no
 * hang; a sentence for what fails; and a position that history has, whatever a worker claims.
 */
#include "rounds.h"
#include "tests/unit/recording_fixture.h"
#include "tests/unit/toy_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 150, MOVES = 8, LENGTH = 6000 };

static const struct toy_history_options histories[] = {
    {.seed = 11, .length = LENGTH},
    {.seed = 7, .length = LENGTH, .block_events = 50, .cut_off = true},
    {.seed = 3, .length = LENGTH, .first_keyframe = 1},
};
enum { HISTORIES = sizeof(histories) / sizeof(histories[0]) };

static void check_error(const struct ebb_error *error)
{
    rounds_check(error->kind > EBB_ERROR_NONE && error->kind <= EBB_ERROR_INTERRUPTED,
                 "an error of no kind");
    rounds_check(error->message[0], "an error without a message");
    rounds_check(!strchr(error->message, 0x1b), "a message would drive the terminal");
}

static void add_breakpoints(struct timeline *timeline, uint64_t *random)
{
    for (unsigned count = rounds_draw(random, 3); count; count--) {
        timeline_add_breakpoint(timeline, (enum timeline_breakpoint_kind)rounds_draw(random, 6),
                                4 * rounds_draw(random, TOY_RAM_SIZE / 4),
                                1 + rounds_draw(random, 8), NULL);
    }
}

/* Looks and changes; whatever comes of it. */
static int look(struct timeline *timeline, uint64_t *random, struct ebb_error *error)
{
    uint64_t registers, ram, value = rounds_random(random);
    static uint8_t bytes[1 << 16];

    switch (rounds_draw(random, 6)) {
    case 0:
        return timeline_digest(timeline, &registers, &ram, error);
    case 1:
        return (int)timeline_read_memory(timeline, value % TOY_RAM_SIZE, bytes, sizeof(bytes),
                                         error) < 0
                   ? -1
                   : 0;
    case 2:
        return timeline_read_register(timeline, 3, bytes, 8, error) < 0 ? -1 : 0;
    case 3:
        timeline_target_xml(timeline, "target.xml");
        return 0;
    case 4:
        return timeline_write_register(timeline, 2, (uint8_t *)&value, sizeof(value), error);
    default:
        return timeline_write_memory(timeline, value % TOY_RAM_SIZE, bytes, 4, error);
    }
}

static int move(struct timeline *timeline, uint64_t *random, struct ebb_error *error)
{
    uint64_t begin = timeline_begin(timeline), end = timeline_end(timeline);
    uint64_t place = begin + rounds_random(random) % (end - begin + 1);
    struct timeline_stop stop;

    switch (rounds_draw(random, 7)) {
    case 0:
        return timeline_seek(timeline, place, &stop, error);
    case 1:
        return timeline_run_forward(timeline, place, &stop, error);
    case 2:
        return timeline_run_backward(timeline, place, &stop, error);
    case 3:
        return timeline_step(timeline, &stop, error);
    case 4:
        return timeline_reverse_step(timeline, &stop, error);
    case 5: /* one that is not a step may never end */
        return timeline_in_diversion(timeline)
                   ? timeline_resume_diversion(timeline, true, &stop, error)
                   : 0;
    default:
        return look(timeline, random, error);
    }
}

static void run_session(const char *directory, uint64_t random)
{
    struct timeline_options options = {.recording = directory,
                                       .worker_path = session_fake_worker(),
                                       .workers = 1 + rounds_draw(&random, 2),
                                       .checkpoint_every = 300};
    struct ebb_error error = {0};
    struct timeline *timeline = timeline_open(&options, &error);

    if (!timeline) {
        check_error(&error);
        return;
    }
    for (unsigned i = 0; i < MOVES; i++) {
        add_breakpoints(timeline, &random);
        if (move(timeline, &random, &error)) {
            check_error(&error);
        }
        rounds_check(timeline_begin(timeline) <= timeline_position(timeline) &&
                         timeline_position(timeline) <= timeline_end(timeline) &&
                         timeline_end(timeline) <= LENGTH,
                     "a position outside of history");
        free(timeline_take_notice(timeline));
    }
    timeline_close(timeline);
}

int main(int argc, char **argv)
{
    char *directories[HISTORIES], text[40], count[4096];
    uint64_t seed;

    for (size_t i = 0; i < HISTORIES; i++) {
        directories[i] = fixture_directory();
        toy_history_free(toy_history_make(directories[i], &histories[i]));
    }
    rounds_begin(argc, argv, 1, ROUNDS);
    while (rounds_next(&seed)) {
        const char *directory = directories[seed % HISTORIES];

        snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
        snprintf(count, sizeof(count), "%s/count", directory);
        setenv("FAKE_WORKER_CHANGES", text, 1);
        setenv("FAKE_WORKER_COUNT", count, 1);
        run_session(directory, seed);
        unlink(count);
    }
    for (size_t i = 0; i < HISTORIES; i++) {
        fixture_remove(directories[i]);
    }
    return 0;
}
