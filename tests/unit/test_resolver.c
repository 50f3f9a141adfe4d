/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resolving toy histories that were recorded as if under KVM. What was resolved is compared with
 * where everything really was.
 */
#include "recording_fixture.h"
#include "toy_history.h"
#include "toy_session.h"
#include "unit.h"

#include "../../replay/resolver.h"
#include "../../replay/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct resolved {
    char *directory;
    struct toy_history *history;
    struct resolve_options options;
    struct resolve_result result;
};

static void make(struct resolved *resolved, const struct toy_history_options *options)
{
    *resolved = (struct resolved){.directory = fixture_directory()};
    resolved->history = toy_history_make(resolved->directory, options);
    resolved->options = (struct resolve_options){
        .recording = resolved->directory,
        .worker_path = session_fake_worker(),
        .checkpoint_every = 1000,
        .workers = 2,
    };
}

static void resolve(struct resolved *resolved)
{
    struct ebb_error error = {0};

    if (resolve_recording(&resolved->options, &resolved->result, &error)) {
        fail_msg("%s", error.message);
    }
}

static void forget(struct resolved *resolved)
{
    resolve_result_free(&resolved->result);
    toy_history_free(resolved->history);
    fixture_remove(resolved->directory);
}

/* Compares the first count events and the keyframes before them with the truth. */
static void check_positions(const struct resolved *resolved, uint64_t count)
{
    const struct toy_history *history = resolved->history;
    struct ebb_log *log = fixture_open(resolved->directory);
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_error error = {0};
    struct ebb_log_summary summary;
    struct ebb_event event;

    ebb_log_summary(log, &summary);
    assert_true(summary.counts && summary.resolved);
    assert_int_equal(summary.event_count, count);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), 1);
        if (event.position != history->event_positions[i]) {
            fail_msg("event %llu is at %llu, not at %llu", (unsigned long long)i,
                     (unsigned long long)event.position,
                     (unsigned long long)history->event_positions[i]);
        }
    }
    for (uint64_t i = 0; i < summary.keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        assert_int_equal(ebb_log_keyframe(log, i, &keyframe, &error), 0);
        assert_int_equal(keyframe.position, history->keyframe_positions[i]);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void check_whole(const struct resolved *resolved)
{
    assert_null(resolved->result.problem);
    assert_int_equal(resolved->result.events, resolved->history->event_count);
    assert_int_equal(resolved->result.intervals, resolved->history->keyframes);
    assert_int_equal(resolved->result.end_position, resolved->history->length);
    check_positions(resolved, resolved->history->event_count);
}

static void check_flips(const struct resolved *resolved)
{
    const struct toy_history *history = resolved->history;

    assert_int_equal(resolved->result.flip_count, history->flip_count);
    for (size_t i = 0; i < history->flip_count; i++) {
        assert_int_equal(resolved->result.flips[i].position, history->flips[i]);
    }
}

/* A timeline over what was resolved visits some states and compares them with the truth. */
static void check_replay(const struct resolved *resolved, uint64_t seed)
{
    const struct toy_history *history = resolved->history;
    struct timeline_options options = {.recording = resolved->directory,
                                       .worker_path = session_fake_worker(),
                                       .checkpoint_every = 700,
                                       .workers = 1};
    struct ebb_error error = {0};
    struct timeline *timeline = timeline_open(&options, &error);

    assert_non_null(timeline);
    for (int i = 0; i < 20; i++) {
        uint64_t position = i ? fixture_random(&seed) % history->length : history->length;
        struct timeline_stop stop;
        uint64_t registers, ram;

        if (timeline_seek(timeline, position, &stop, &error) ||
            timeline_digest(timeline, &registers, &ram, &error)) {
            fail_msg("%s", error.message);
        }
        assert_int_equal(timeline_position(timeline), position);
        assert_int_equal(ram, history->ram_digests[position]);
        assert_int_equal(registers, toy_digest_registers(&history->states[position]));
    }
    timeline_close(timeline);
}

static void test_random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){
                            .seed = seed, .length = 20000 + 997 * seed, .kvm = true});
        resolved.options.workers = 1 + seed % 3;
        resolve(&resolved);
        check_whole(&resolved);
        assert_int_equal(resolved.result.flip_count, 0);
        assert_true(resolved.result.anchors > 0);
        check_replay(&resolved, seed);
        forget(&resolved);
    }
}

static void test_disturbed_exclusives(void **state)
{
    uint64_t flips = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct resolved resolved;

        make(&resolved, &(struct toy_history_options){
                            .seed = seed, .length = 20000, .kvm = true, .spurious = 100});
        resolve(&resolved);
        check_whole(&resolved);
        check_replay(&resolved, seed);
        check_flips(&resolved);
        flips += resolved.result.flip_count;
        forget(&resolved);
    }
    assert_true(flips > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_disturbed_exclusives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
