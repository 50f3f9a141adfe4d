/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged recordings: history goes on to where the damage is, and says where that is. */
#include "recording_fixture.h"
#include "toy_session.h"
#include "unit.h"

#include "log/format.h"
#include "protocol/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH 20000u

static const struct toy_history_options lively = {
    .seed = 11, .length = LENGTH, .block_events = 200};

/* Makes the recording, to be opened once it is damaged. */
static void make(struct toy_session *session)
{
    *session = (struct toy_session){.directory = fixture_directory()};
    session_make(session, &lively);
}

static void open_damaged(struct toy_session *session)
{
    session_open_made(session, (struct timeline_options){.workers = 1, .checkpoint_every = 1000});
}

static void expect_place(const char *text, const char *file, uint64_t offset)
{
    char place[100];

    snprintf(place, sizeof(place), "/%s: offset %llu:", file, (unsigned long long)offset);
    assert_non_null(text);
    if (!strstr(text, place)) {
        fail_msg("\"%s\" does not say %s", text, place);
    }
}

/* Everything before the damage is as it was, and what ends there says so. */
static void expect_history_up_to(struct toy_session *session, uint64_t last)
{
    struct timeline_stop stop;
    struct ebb_error error;

    assert_int_equal(timeline_position(session->timeline), last);
    session->model.position = last;
    session_check_state(session);
    assert_int_equal(timeline_step(session->timeline, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    for (unsigned i = 0; i < 20; i++) {
        session_move(session, MOVE_REVERSE_STEP, 0);
    }
    session_move(session, MOVE_SEEK, last / 2);
    session_move(session, MOVE_SEEK, last - 1);
    session_add(session, TIMELINE_BREAK_EXECUTE, session->history->states[last / 3].pc, 0);
    session_move(session, MOVE_BACKWARD, 0);
}

static void damaged_log(bool header)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t offset, first, last;

    make(&session);
    offset = fixture_damage(session.directory, EBB_BLOCK_EVENTS, 2, header, &first);
    last = session.history->event_positions[first - 1];
    open_damaged(&session);
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    expect_place(stop.report, "log", offset);
    assert_in_range(stop.position, last - 1, last); /* - 1: the event at last is asynchronous */
    expect_history_up_to(&session, stop.position);
    session_close(&session);
}

static void test_payload(void **state)
{
    (void)state;
    damaged_log(false);
}

static void test_header(void **state)
{
    (void)state;
    damaged_log(true);
}

/* What is known of a damaged history between two damaged places. */
struct stretch {
    uint64_t first; /* the position of a keyframe */
    uint64_t last;  /* or the one before: the event at last may be asynchronous */
};

/* A damaged history, and a walk at random in what is known of it. */
struct behind {
    struct toy_session session;
    uint64_t random;
    struct timeline_options options;
    struct stretch stretches[4]; /* in the order of positions */
    size_t count;
    size_t keyframe; /* the first that is known to be behind the damage, and can be loaded */
    uint64_t first;  /* its position; in a walk: of the stretch that it is in */
};

static uint64_t below(struct behind *behind, uint64_t n)
{
    return fixture_random(&behind->random) % n;
}

static void set_first(struct behind *behind, size_t keyframe)
{
    behind->keyframe = keyframe;
    behind->first = behind->session.history->keyframe_positions[keyframe];
}

/* Damages a block of events, and finds the first keyframe behind them. Returns the position of the
 * last event before them. */
static uint64_t damage_events(struct behind *behind, size_t block, bool header)
{
    const struct toy_history *history = behind->session.history;
    const char *directory = behind->session.directory;
    size_t keyframe = 0;
    uint64_t first, next;

    for (unsigned i = 0; i < 2; i++) { /* the second time undoes the first */
        fixture_damage(directory, EBB_BLOCK_EVENTS, block + 1, false, &next);
    }
    fixture_damage(directory, EBB_BLOCK_EVENTS, block, header, &first);
    while (history->keyframe_positions[keyframe] <= history->event_positions[next - 1]) {
        keyframe++;
    }
    set_first(behind, keyframe);
    return history->event_positions[first - 1];
}

/* What is behind the damage can be reached from a keyframe there. */
static void test_behind(void **state)
{
    struct behind behind = {0};
    struct toy_session *session = &behind.session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    make(session);
    damage_events(&behind, 2, true);
    open_damaged(session);
    session_move(session, MOVE_SEEK, LENGTH);
    for (unsigned i = 0; i < 20; i++) {
        session_move(session, MOVE_REVERSE_STEP, 0);
    }
    session_add(session, TIMELINE_BREAK_EXECUTE, 0x123450, 0);
    assert_int_equal(timeline_run_backward(session->timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session_remove(session, 0);
    /* On both sides of it, and not in it. */
    session_move(session, MOVE_SEEK, 500);
    assert_int_equal(timeline_run_forward(session->timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session_move(session, MOVE_SEEK, behind.first + 1);
    session_move(session, MOVE_REVERSE_STEP, 0);
    session_move(session, MOVE_SEEK, LENGTH - 10);
    session_move(session, MOVE_SEEK, 600);
    assert_int_equal(timeline_seek(session->timeline, behind.first - 1, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session->model.position = stop.position;
    session_check_state(session);
    session_close(session);
}

/* A position close behind damage is reached although other damage was met last. */
static void test_between(void **state)
{
    struct behind behind = {0};
    struct toy_session *session = &behind.session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t between;

    (void)state;
    make(session);
    damage_events(&behind, 5, false);
    between = behind.first;
    damage_events(&behind, 9, false);
    /* So far apart that keyframes are not preferred to what is close. */
    session_open_made(session, (struct timeline_options){.workers = 1, .checkpoint_every = 100000});
    session_move(session, MOVE_SEEK, behind.first + 1);
    session_add(session, TIMELINE_BREAK_EXECUTE, 0x123450, 0);
    assert_int_equal(timeline_run_backward(session->timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session_remove(session, 0);
    session_move(session, MOVE_SEEK, between - 1100);
    session_move(session, MOVE_SEEK, between + 5);
    session_close(session);
}

/* Whether the stop is one of what is known to have happened behind the damage. */
static bool is_known(const struct behind *behind, const struct model_stop *stop)
{
    switch (stop->reason) {
    case TIMELINE_STOP_BREAKPOINT:
        return stop->position >= behind->first;
    case TIMELINE_STOP_WATCHPOINT:
        return stop->access_position >= behind->first + stop->by_device;
    case TIMELINE_STOP_STEP:
        return stop->position >= behind->first; /* the limit */
    default:
        return behind->first == 0;
    }
}

/* A position around the first of the stretch. */
static uint64_t near_first(struct behind *behind, uint64_t n)
{
    return (behind->first ? behind->first - 20 : 0) + below(behind, n);
}

/* Back to the last hit; where none is known, to nowhere, since there may be one in the damage. */
static void search_back(struct behind *behind)
{
    struct toy_session *session = &behind->session;
    struct model before = session->model;
    uint64_t limit = below(behind, 3) ? 0 : near_first(behind, 60);
    struct model_stop expected;
    struct timeline_stop stop;
    struct ebb_error error;

    model_run_backward(&session->model, limit, &expected);
    if (!is_known(behind, &expected)) {
        session->model = before;
        expected =
            (struct model_stop){.reason = TIMELINE_STOP_DAMAGED, .position = before.position};
    }
    if (timeline_run_backward(session->timeline, limit, &stop, &error)) {
        fail_msg("%s", error.message);
    }
    session_check_stop(session, &stop, &expected);
    session_check_state(session);
}

/* Something that happens, mostly not far behind the damage. */
static void add_something(struct behind *behind)
{
    const struct toy_history *history = behind->session.history;
    uint64_t position = near_first(behind, below(behind, 2) ? 200 : 4000) % LENGTH;
    const struct toy_access *access = &history->accesses[history->first_access[position]];

    if (below(behind, 2)) {
        session_add(&behind->session, TIMELINE_BREAK_EXECUTE, history->states[position].pc, 0);
    } else {
        session_add(&behind->session, TIMELINE_WATCH_WRITE, access->address, access->length);
    }
}

/* To somewhere in a stretch, mostly not far behind the damage; sometimes close to its end. */
static void go_into(struct behind *behind, const struct stretch *stretch)
{
    static const uint64_t far[] = {3, 100, 6000, LENGTH};
    uint64_t most = far[below(behind, 4)], length = stretch->last - 1 - stretch->first;
    uint64_t distance = below(behind, most < length ? most : length);

    behind->first = stretch->first;
    session_move(&behind->session, MOVE_SEEK,
                 below(behind, 4) ? stretch->first + distance : stretch->last - 2 - distance);
}

/* Back by one; at the first state behind the damage, to nowhere. */
static void step_back(struct behind *behind)
{
    struct toy_session *session = &behind->session;
    struct timeline_stop stop;
    struct ebb_error error;

    if (session->model.position > behind->first || !behind->first) {
        session_move(session, MOVE_REVERSE_STEP, 0);
        return;
    }
    if (timeline_reverse_step(session->timeline, &stop, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session_check_state(session);
}

/* To the end of a stretch: forward, or by seeking what is lost behind it. */
static void go_to_end(struct behind *behind, size_t number, bool seek)
{
    struct toy_session *session = &behind->session;
    const struct stretch *stretch = &behind->stretches[number];
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t lost;

    if (number + 1 == behind->count) {
        session_move(session, seek ? MOVE_SEEK : MOVE_FORWARD, LENGTH);
        return;
    }
    lost = stretch->last + 1 + below(behind, stretch[1].first - stretch->last - 1);
    if (seek ? timeline_seek(session->timeline, lost, &stop, &error)
             : timeline_run_forward(session->timeline, UINT64_MAX, &stop, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    assert_in_range(stop.position, stretch->last - 1, stretch->last);
    session->model.position = stop.position;
    session_check_state(session);
}

static void do_something(struct behind *behind)
{
    size_t number = below(behind, behind->count);

    go_into(behind, &behind->stretches[number]);
    if (below(behind, 3) == 0) {
        go_to_end(behind, number, below(behind, 2));
    }
    if (below(behind, 2)) {
        add_something(behind);
        search_back(behind);
        search_back(behind);
        session_remove(&behind->session, 0);
    }
    step_back(behind);
    step_back(behind);
}

static void walk_behind(struct behind *behind, uint64_t seed)
{
    struct toy_session *session = &behind->session;

    behind->random = seed;
    session->model = (struct model){.history = session->history};
    session_open_made(session, behind->options);
    for (unsigned i = 0; i < 20; i++) {
        do_something(behind);
    }
    timeline_close(session->timeline);
    session->timeline = NULL;
}

/* What is lost cannot be gone back into: such a move ends where it began. */
static void test_no_way_back(void **state)
{
    struct behind behind = {0};
    struct toy_session *session = &behind.session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    make(session);
    damage_events(&behind, 2, false);
    open_damaged(session);
    session_move(session, MOVE_SEEK, behind.first);
    step_back(&behind);
    step_back(&behind);
    session_move(session, MOVE_FORWARD, behind.first + 3);
    assert_int_equal(timeline_run_backward(session->timeline, behind.first - 1, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    session_check_state(session);
    session_move(session, MOVE_FORWARD, UINT64_MAX);
    session_close(session);
}

static void walk_often(struct behind *behind)
{
    static const uint64_t distances[] = {1000, 300, 20000, 100000, 1000000};

    for (unsigned seed = 0; seed < 30; seed++) {
        behind->options = (struct timeline_options){.workers = 1 + seed % 3,
                                                    .checkpoint_every = distances[seed / 3 % 5]};
        walk_behind(behind, seed);
    }
    session_close(&behind->session);
}

/* A reset's keyframe has its position. */
static bool is_reset(const struct toy_history *history, size_t number)
{
    return history->keyframe_positions[number] == history->last_reset;
}

/* Makes a history in one stretch. */
static void make_whole(struct behind *behind)
{
    make(&behind->session);
    behind->stretches[0] = (struct stretch){0, LENGTH};
    behind->count = 1;
}

/* Damages a block of events, and some of the first keyframes behind it. What is damaged already is
 * behind that. */
static void part(struct behind *behind, size_t block, bool header, unsigned keyframes)
{
    struct stretch *stretches = behind->stretches;
    uint64_t last = damage_events(behind, block, header);

    for (; keyframes; keyframes--) {
        assert_false(is_reset(behind->session.history, behind->keyframe));
        fixture_damage(behind->session.directory, EBB_BLOCK_KEYFRAME, behind->keyframe, false,
                       NULL);
        set_first(behind, behind->keyframe + 1);
    }
    assert_in_range(behind->first, last + 2, stretches[0].last - 20);
    memmove(stretches + 1, stretches, behind->count++ * sizeof(*stretches));
    stretches[1].first = behind->first;
    stretches[0].last = last;
}

/* What part() is told, from the end of history to its beginning. */
struct damage {
    size_t block;
    bool header;
    unsigned keyframes;
};

static void walk_in(const struct damage *damage, size_t count)
{
    struct behind behind = {0};

    make_whole(&behind);
    for (size_t i = 0; i < count; i++) {
        part(&behind, damage[i].block, damage[i].header, damage[i].keyframes);
    }
    walk_often(&behind);
}

static void test_walk(void **state)
{
    (void)state;
    walk_in(&(struct damage){2, true, 0}, 1);
}

static void test_walk_keyframe(void **state)
{
    (void)state;
    walk_in(&(struct damage){2, false, 1}, 1);
}

static void test_walk_two(void **state)
{
    (void)state;
    walk_in((const struct damage[]){{7, false, 0}, {2, false, 1}}, 2);
}

static void test_walk_three(void **state)
{
    (void)state;
    walk_in((const struct damage[]){{11, true, 1}, {7, false, 0}, {2, true, 0}}, 3);
}

/* Damage that was met far back makes nothing forgotten of what leads to places behind the last. */
static void test_back_from_a_keyframe(void **state)
{
    struct behind behind = {0};
    struct toy_session *session = &behind.session;
    uint64_t place;

    (void)state;
    make_whole(&behind);
    part(&behind, 9, true, 0);
    part(&behind, 2, false, 0);
    place = session->history->keyframe_positions[session->history->keyframes - 1];
    assert_true(place > behind.stretches[2].first);
    /* So far apart that a checkpoint before the last damage is preferred to keyframes behind it. */
    session_open_made(session,
                      (struct timeline_options){.workers = 1, .checkpoint_every = 1000000});
    session_move(session, MOVE_SEEK, place);
    session_move(session, MOVE_SEEK, behind.first);
    step_back(&behind);
    session_move(session, MOVE_SEEK, place);
    session_move(session, MOVE_REVERSE_STEP, 0);
    session_move(session, MOVE_REVERSE_STEP, 0);
    session_close(session);
}

/* That a keyframe is damaged may be seen only when the damage before it is known already. */
static void test_known_damage(void **state)
{
    struct behind behind = {0};
    struct toy_session *session = &behind.session;

    (void)state;
    make_whole(&behind);
    part(&behind, 2, false, 1);
    open_damaged(session);
    go_to_end(&behind, 0, false);
    session_move(session, MOVE_SEEK, behind.first + 300); /* passes between the two keyframes */
    session_close(session);
}

/* A damaged keyframe is not needed: all of history is there, and the user is told. */
static void test_keyframe(void **state)
{
    struct toy_session session;
    uint64_t offset;
    size_t number;
    char *notice;

    (void)state;
    make(&session);
    /* The last one would count as cut off. */
    for (number = session.history->keyframes - 2; is_reset(session.history, number); number--) {
    }
    assert_true(session.history->keyframe_positions[number] > 8000);
    offset = fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, number, false, NULL);
    open_damaged(&session);
    session_move(&session, MOVE_SEEK, session.history->keyframe_positions[number] + 1010);
    notice = timeline_take_notice(session.timeline);
    expect_place(notice, "keyframes", offset);
    free(notice);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_move(&session, MOVE_SEEK, 10);
    session_move(&session, MOVE_FORWARD, UINT64_MAX);
    session_add(&session, TIMELINE_BREAK_EXECUTE, session.history->states[3000].pc, 0);
    session_move(&session, MOVE_BACKWARD, 0);
    assert_null(timeline_take_notice(session.timeline));
    session_close(&session);
}

/* Without its first keyframe, history begins at the second. */
static void test_first_keyframe(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t offset;
    char *notice;

    (void)state;
    make(&session);
    offset = fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, 0, false, NULL);
    open_damaged(&session);
    notice = timeline_take_notice(session.timeline);
    expect_place(notice, "keyframes", offset);
    free(notice);
    assert_int_equal(timeline_begin(session.timeline), session.history->keyframe_positions[1]);
    session_check_state(&session);
    session_move(&session, MOVE_SEEK, LENGTH);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.position, session.history->keyframe_positions[1]);
    session.model.position = stop.position;
    session_check_state(&session);
    session_close(&session);
}

/* Behind a reset there is nothing without its keyframe. */
static void test_keyframe_of_a_reset(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t offset;
    size_t number = 0;

    (void)state;
    make(&session);
    while (session.history->keyframe_positions[number] != session.history->last_reset) {
        assert_in_range(++number, 0, session.history->keyframes - 1);
    }
    offset = fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, number, false, NULL);
    open_damaged(&session);
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DAMAGED);
    expect_place(stop.report, "keyframes", offset);
    assert_int_equal(stop.position, session.history->last_reset - 1);
    expect_history_up_to(&session, stop.position);
    session_close(&session);
}

/* Opens history from a position on: it begins at the keyframe that is expected, and is true. */
static void expect_begin(struct toy_session *session, uint64_t from, uint64_t begin)
{
    const struct toy_history *history = session->history;
    const struct timeline_options options = {.recording = session->directory,
                                             .worker_path = session_fake_worker(),
                                             .workers = 1,
                                             .from = from};
    struct ebb_error error;
    struct timeline *timeline = timeline_open(&options, &error);
    struct timeline_stop stop;
    uint64_t registers, ram;

    assert_non_null(timeline);
    assert_int_equal(timeline_begin(timeline), begin);
    assert_int_equal(timeline_position(timeline), begin);
    assert_int_equal(timeline_digest(timeline, &registers, &ram, &error), 0);
    assert_int_equal(ram, history->ram_digests[begin]);
    assert_int_equal(timeline_run_forward(timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_END);
    assert_int_equal(stop.position, history->length);
    assert_int_equal(timeline_digest(timeline, &registers, &ram, &error), 0);
    assert_int_equal(ram, history->ram_digests[history->length]);
    assert_int_equal(timeline_run_backward(timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BEGIN);
    assert_int_equal(stop.position, begin);
    timeline_close(timeline);
}

/* History that is to begin in the middle does so at a keyframe, and at the one before if that is
 * damaged. */
static void test_from(void **state)
{
    const uint64_t *places;
    struct toy_session session;

    (void)state;
    make(&session);
    places = session.history->keyframe_positions;
    assert_true(session.history->keyframes > 3 && places[1] > places[0] + 1 &&
                places[2] > places[1] + 1 && places[3] > places[2]);
    expect_begin(&session, 0, 0);
    expect_begin(&session, places[1] - 1, places[0]);
    expect_begin(&session, places[1], places[1]);
    expect_begin(&session, places[2] + 1, places[2]);
    expect_begin(&session, UINT64_MAX, places[session.history->keyframes - 1]);
    fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, 2, false, NULL);
    expect_begin(&session, places[2] + 1, places[1]);
    fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, 0, false, NULL);
    expect_begin(&session, 0, places[1]);
    session_close(&session);
}

/* Nothing left to start from. */
static void test_no_keyframe(void **state)
{
    struct timeline_options options = {.worker_path = session_fake_worker()};
    struct toy_session session;
    struct ebb_error error = {0};
    uint64_t offset;

    (void)state;
    make(&session);
    offset = fixture_damage(session.directory, EBB_BLOCK_KEYFRAME, 0, true, NULL);
    options.recording = session.directory;
    assert_null(timeline_open(&options, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    expect_place(error.message, "keyframes", offset);
    session_close(&session);
}

/* What a worker cannot do is told by its exit status. */
static void test_exit_status(void **state)
{
    static const struct {
        const char *status;
        enum ebb_error_kind kind;
    } cases[] = {{"5", EBB_ERROR_UNSUPPORTED},
                 {"4", EBB_ERROR_CORRUPT},
                 {"1", EBB_ERROR_FAILED},
                 {"0", EBB_ERROR_FAILED},
                 {"77", EBB_ERROR_FAILED}};
    struct timeline_options options = {.worker_path = session_fake_worker()};
    struct toy_session session;
    struct ebb_error error;

    (void)state;
    make(&session);
    options.recording = session.directory;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("FAKE_WORKER_EXITS", cases[i].status, 1);
        assert_null(timeline_open(&options, &error));
        assert_int_equal(error.kind, cases[i].kind);
        assert_non_null(strstr(error.message, "this guest is too strange"));
    }
    unsetenv("FAKE_WORKER_EXITS");
    session_close(&session);
}

/* The beginning of a recording that is still being made was dropped while a worker opened it. */
static void test_moved(void **state)
{
    struct timeline_options options = {.worker_path = session_fake_worker(), .workers = 1};
    struct toy_session session;
    struct ebb_error error;
    char once[4096];

    (void)state;
    make(&session);
    options.recording = session.directory;
    snprintf(once, sizeof(once), "%d", WORKER_EXIT_MOVED);
    setenv("FAKE_WORKER_EXITS", once, 1);
    assert_null(timeline_open(&options, &error));
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
    assert_non_null(strstr(error.message, "faster than a worker can open it"));
    snprintf(once, sizeof(once), "%s/once", session.directory);
    setenv("FAKE_WORKER_EXITS_ONCE", once, 1);
    session_open_made(&session, options);
    unsetenv("FAKE_WORKER_EXITS_ONCE");
    unsetenv("FAKE_WORKER_EXITS");
    session_check_state(&session);
    assert_int_equal(unlink(once), 0); /* it was made */
    session_close(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payload),        cmocka_unit_test(test_header),
        cmocka_unit_test(test_behind),         cmocka_unit_test(test_between),
        cmocka_unit_test(test_no_way_back),    cmocka_unit_test(test_walk),
        cmocka_unit_test(test_walk_keyframe),  cmocka_unit_test(test_walk_two),
        cmocka_unit_test(test_walk_three),     cmocka_unit_test(test_back_from_a_keyframe),
        cmocka_unit_test(test_known_damage),   cmocka_unit_test(test_keyframe),
        cmocka_unit_test(test_first_keyframe), cmocka_unit_test(test_keyframe_of_a_reset),
        cmocka_unit_test(test_no_keyframe),    cmocka_unit_test(test_exit_status),
        cmocka_unit_test(test_moved),          cmocka_unit_test(test_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
