/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that say what cannot be: none is believed, and none keeps the engine from going on. */
#include "recording_fixture.h"
#include "replay/timeline/scan.h"
#include "toy_session.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH 20000u

static const struct toy_history_options lively = {.seed = 11, .length = LENGTH};
static const struct timeline_options plain = {.workers = 1, .checkpoint_every = 1000};

/* What workers say from now on, to a session whose worker was honest so far; nothing: the truth.
 * They have the file open. */
static void tell(const struct toy_session *session, const char *lie)
{
    char name[4096];
    int file;

    snprintf(name, sizeof(name), "%s/lie", session->directory);
    file = open(name, O_WRONLY | O_TRUNC);
    assert_true(file >= 0);
    assert_int_equal(write(file, lie, strlen(lie)), strlen(lie));
    close(file);
}

/* Nobody lies any more; for the end of a session. */
static void be_honest(const struct toy_session *session)
{
    tell(session, "");
}

static void end_session(struct toy_session *session)
{
    char name[4096];

    snprintf(name, sizeof(name), "%s/lie", session->directory);
    unlink(name);
    session_close(session);
}

/* Opens honestly, with a breakpoint that is met. */
static void open_session(struct toy_session *session)
{
    char name[4096];

    *session = (struct toy_session){.directory = fixture_directory()};
    snprintf(name, sizeof(name), "%s/lie", session->directory);
    setenv("FAKE_WORKER_LIES", name, 1);
    session_make(session, &lively);
    session_open_made(session, plain);
    session_add(session, TIMELINE_BREAK_EXECUTE, session->history->states[500].pc, 0);
}

static void expect_distrust(struct toy_session *session, const char *lie, int outcome,
                            const struct ebb_error *error)
{
    if (outcome == 0) {
        fail_msg("\"%s\" is believed", lie);
    }
    assert_int_equal(error->kind, EBB_ERROR_FAILED);
    if (!strstr(error->message, "unexpected reply")) {
        fail_msg("%s", error->message);
    }
    /* Where an honest worker would be, it is. */
    be_honest(session);
    session->model.position = timeline_position(session->timeline);
    assert_in_range(session->model.position, 0, LENGTH);
    session_check_state(session);
    end_session(session);
}

/* A run forward. */
static void test_forward(void **state)
{
    static const char *const lies[] = {"hit",   "other breakpoint", "long access", "hit by a reset",
                                       "reset", "interrupted",      "left"};
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        open_session(&session);
        tell(&session, lies[i]);
        expect_distrust(&session, lies[i],
                        timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), &error);
    }
}

/* A condition is true or false. */
static void test_condition(void **state)
{
    static const uint8_t never[] = {0, 3, 0x22, 0, 0x27};
    const struct timeline_conditions conditions = {.bytes = never, .size = sizeof(never)};
    struct toy_session session;
    struct ebb_error error = {0};
    uint64_t pc;

    (void)state;
    open_session(&session);
    pc = session.history->states[500].pc;
    assert_int_equal(timeline_set_conditions(session.timeline, pc, &conditions, &error), 0);
    assert_int_equal(timeline_breakpoint_counts(session.timeline, pc, &error), 0);
    tell(&session, "maybe");
    expect_distrust(&session, "maybe",
                    timeline_breakpoint_counts(session.timeline, pc, &error) < 0 ? -1 : 0, &error);
}

/* A range that is not left, for what the worker claims: its PC is in it. */
static void test_range(void **state)
{
    const struct timeline_range everywhere = {.end = UINT64_MAX};
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    open_session(&session);
    tell(&session, "left");
    expect_distrust(&session, "left",
                    timeline_step_range(session.timeline, &everywhere, &stop, &error), &error);
}

/* From the middle on, where a worker may not claim to be farther back than it was. */
static void test_from_the_middle(void **state)
{
    static const char *const lies[] = {"reset", "end"};
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        open_session(&session);
        session_move(&session, MOVE_SEEK, 10000);
        tell(&session, lies[i]);
        expect_distrust(&session, lies[i], timeline_seek(session.timeline, 15000, &stop, &error),
                        &error);
    }
}

/* A search back would ask for the same interval for ever. */
static void test_backward(void **state)
{
    static const char *const lies[] = {"other breakpoint", "reset", "interrupted"};
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        open_session(&session);
        session_move(&session, MOVE_SEEK, 15000);
        tell(&session, lies[i]);
        expect_distrust(&session, lies[i],
                        timeline_run_backward(session.timeline, 0, &stop, &error), &error);
    }
}

static int take_row(void *opaque, const struct timeline_row *row)
{
    (void)opaque;
    (void)row;
    return 0;
}

/* Rows that are no rows, or of another run. */
static void test_scan(void **state)
{
    static const char *const lies[] = {"longer row", "more registers", "row behind",
                                       "row of no kind", "part of a row"};
    const struct timeline_scan scan = {.to = LENGTH, .sample_every = 100, .row = take_row};
    struct timeline_scan_result result;
    struct toy_session session;
    struct ebb_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        open_session(&session);
        tell(&session, lies[i]);
        expect_distrust(&session, lies[i], timeline_scan(session.timeline, &scan, &result, &error),
                        &error);
    }
}

/* An error is one even if it claims to be none, and does not reach the terminal as it is. */
static void test_error(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    open_session(&session);
    tell(&session, "error");
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
    assert_non_null(strstr(error.message, "?[31mnothing is wrong? ??1m ?2m \303\234"));
    be_honest(&session);
    end_session(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),   cmocka_unit_test(test_range),
        cmocka_unit_test(test_condition), cmocka_unit_test(test_from_the_middle),
        cmocka_unit_test(test_backward),  cmocka_unit_test(test_error),
        cmocka_unit_test(test_scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
