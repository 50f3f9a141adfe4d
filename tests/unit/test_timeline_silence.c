/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workers that hang (fake_silence.h): none keeps the engine waiting for good, and one that works is
 * given all the time that it takes.
 */
#include "recording_fixture.h"
#include "toy_session.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH 20000u

static const struct toy_history_options lively = {.seed = 11, .length = LENGTH};

static void name_lie(const struct toy_session *session, char name[4096])
{
    snprintf(name, 4096, "%s/lie", session->directory);
}

static void tell(const struct toy_session *session, const char *lie)
{
    char name[4096];
    int file;

    name_lie(session, name);
    file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, lie, strlen(lie)), strlen(lie));
    close(file);
}

static void make(struct toy_session *session)
{
    char name[4096];

    *session = (struct toy_session){.directory = fixture_directory()};
    name_lie(session, name);
    setenv("FAKE_WORKER_LIES", name, 1);
    session_make(session, &lively);
}

static void end(struct toy_session *session)
{
    char name[4096];

    name_lie(session, name);
    unlink(name);
    session_close(session);
}

static const struct timeline_options plain = {.workers = 1, .checkpoint_every = 1000};

static void expect_silence(const struct ebb_error *error)
{
    assert_int_equal(error->kind, EBB_ERROR_FAILED);
    if (!strstr(error->message, "neither answered nor got on for ")) {
        fail_msg("%s", error->message);
    }
}

/* The move ends, and the session goes on. */
static void test_hangs(void **state)
{
    static const char *const ways[] = {"sleeps", "spins", "stops", "mute"};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct toy_session session;
        struct timeline_stop stop;
        struct ebb_error error = {0};

        make(&session);
        session_open_made(&session, plain);
        tell(&session, ways[i]);
        assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), -1);
        expect_silence(&error);
        tell(&session, "");
        session_move(&session, MOVE_SEEK, LENGTH / 2);
        session_check_state(&session);
        end(&session);
    }
}

/* At a request that asks for state. */
static void test_question(void **state)
{
    struct toy_session session;
    struct ebb_error error = {0};
    uint64_t registers, ram;

    (void)state;
    make(&session);
    session_open_made(&session, plain);
    tell(&session, "mute");
    assert_int_equal(timeline_digest(session.timeline, &registers, &ram, &error), -1);
    expect_silence(&error);
    tell(&session, "");
    session_check_state(&session);
    end(&session);
}

static void test_start(void **state)
{
    struct toy_session session;
    struct timeline_options options = plain;
    struct ebb_error error = {0};

    (void)state;
    make(&session);
    tell(&session, "mute");
    options.recording = session.directory;
    options.worker_path = session_fake_worker();
    assert_null(timeline_open(&options, &error));
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
    assert_non_null(strstr(error.message, "neither answered nor got on for 1 seconds"));
    tell(&session, "");
    session_open_made(&session, plain);
    end(&session);
}

/* Longer than the patience, with signs of life. */
static void test_works(void **state)
{
    struct toy_session session;

    (void)state;
    make(&session);
    session_open_made(&session, plain);
    tell(&session, "works");
    session_move(&session, MOVE_FORWARD, UINT64_MAX);
    session_check_state(&session);
    end(&session);
}

static void interrupt(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct toy_session *session = opaque;

    (void)position;
    (void)from;
    (void)to;
    if (session->timeline) { /* it is open */
        timeline_interrupt(session->timeline);
    }
}

static unsigned replaced;

static void count(const char *why)
{
    assert_non_null(strstr(why, "neither answered nor got on"));
    replaced++;
}

/* One that only pretends to get on is waited for, until the user has enough. */
static void test_pretends(void **state)
{
    struct toy_session session;
    struct timeline_options options = plain;
    struct timeline_stop stop;
    struct ebb_error error = {0};

    (void)state;
    make(&session);
    options.replacing = count;
    options.progress = interrupt;
    options.progress_opaque = &session;
    session_open_made(&session, options);
    tell(&session, "pretends");
    if (timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    assert_int_equal(replaced, 1);
    tell(&session, "");
    session.model.position = stop.position;
    session_check_state(&session);
    end(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hangs), cmocka_unit_test(test_question), cmocka_unit_test(test_start),
        cmocka_unit_test(test_works), cmocka_unit_test(test_pretends),
    };

    setenv("EBB_PATIENCE", "0.1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
