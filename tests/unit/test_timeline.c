/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The timeline where a random walk seldom comes: ends, divergence, interruption, death. */
#include "checkpoints/checkpoint_set.h"
#include "fake_worker.h"
#include "recording_fixture.h"
#include "replay/timeline/placement.h"
#include "toy_session.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LENGTH 20000u
#define FAR ((uint64_t)1 << 40)
#define NOWHERE 0x123450u /* no instruction is there */

static const struct toy_history_options lively = {.seed = 11, .length = LENGTH};
static const struct timeline_options plain = {.workers = 1, .checkpoint_every = 1000};

static void assert_message(const struct ebb_error *error, enum ebb_error_kind kind,
                           const char *words)
{
    assert_int_equal(error->kind, kind);
    if (!strstr(error->message, words)) {
        fail_msg("\"%s\" does not say \"%s\"", error->message, words);
    }
}

/* A position that a device writes on reaching, right after an instruction that accesses RAM, as
 * access numbers. */
static void find_neighbours(const struct toy_history *history, size_t *instruction, size_t *device)
{
    for (size_t i = 1; i < history->access_count; i++) {
        const struct toy_access *one = &history->accesses[i - 1], *two = &history->accesses[i];

        if (two->by_device && !two->nested && !one->by_device &&
            two->position == one->position + 1) {
            *instruction = i - 1;
            *device = i;
            return;
        }
    }
    fail_msg("the history has no such place");
}

static void watch(struct toy_session *session, size_t access)
{
    session_add(session, TIMELINE_WATCH_ACCESS, session->history->accesses[access].address, 1);
}

/* A device's write and an access right before it, met going backward. */
static void test_device_and_access(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    size_t instruction = 0, device = 0;
    uint64_t position;

    (void)state;
    session_open(&session, &lively, plain);
    find_neighbours(session.history, &instruction, &device);
    position = session.history->accesses[device].position;
    watch(&session, instruction);
    watch(&session, device);
    session_move(&session, MOVE_SEEK, position);
    stop = session_move(&session, MOVE_BACKWARD, 0);
    assert_int_equal(stop.position, position);
    assert_true(stop.by_device);
    /* The device's write was shown; now the access is, at the same position. */
    stop = session_move(&session, MOVE_BACKWARD, 0);
    assert_int_equal(stop.position, position);
    assert_false(stop.by_device);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_remove(&session, 0);
    /* gdb steps with its watchpoints removed. */
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    assert_int_equal(stop.position, position - 1);
    /* The other way: the write is done when the stop is shown. */
    stop = session_move(&session, MOVE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_WATCHPOINT);
    assert_int_equal(stop.position, position);
    assert_true(stop.by_device);
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    session_close(&session);
}

/* A breakpoint one instruction before a device's write that was shown. */
static void test_breakpoint_behind_device(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    size_t instruction = 0, device = 0;
    uint64_t position;

    (void)state;
    session_open(&session, &lively, plain);
    find_neighbours(session.history, &instruction, &device);
    position = session.history->accesses[device].position;
    watch(&session, device);
    session_add(&session, TIMELINE_BREAK_EXECUTE, session.history->states[position - 1].pc, 0);
    session_move(&session, MOVE_SEEK, position);
    session_move(&session, MOVE_BACKWARD, 0);
    stop = session_move(&session, MOVE_BACKWARD, position - 1);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    session_move(&session, MOVE_SEEK, position);
    session_move(&session, MOVE_BACKWARD, 0);
    stop = session_move(&session, MOVE_BACKWARD, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BREAKPOINT);
    assert_int_equal(stop.position, position - 1);
    /* With a watched access as well, that one is later in time and comes first. */
    watch(&session, instruction);
    session_move(&session, MOVE_SEEK, position);
    session_move(&session, MOVE_BACKWARD, 0);
    stop = session_move(&session, MOVE_BACKWARD, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_WATCHPOINT);
    assert_false(stop.by_device);
    session_close(&session);
}

/* A device writes and then the guest is reset, at one position: the stop is behind both. */
static void test_device_and_reset(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    uint64_t position;

    (void)state;
    session_open(&session, &lively, plain);
    position = session.history->last_reset;
    assert_in_range(position, 1, LENGTH);
    watch(&session, session.history->first_access[position]);
    session_move(&session, MOVE_SEEK, position - 1);
    do {
        stop = session_move(&session, MOVE_FORWARD, UINT64_MAX);
        if (stop.position < position) {
            session_move(&session, MOVE_SEEK, stop.position + 1);
        }
    } while (stop.position < position);
    assert_int_equal(stop.position, position);
    assert_true(stop.by_device);
    session_move(&session, MOVE_SEEK, position);
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_true(stop.by_device);
    session_close(&session);
}

/* A change by the reset at a position that no device writes on top of there. */
static size_t find_change(const struct toy_history *history, uint64_t position)
{
    size_t end = history->first_access[position + 1];

    for (size_t i = history->first_access[position]; i < end; i++) {
        const struct toy_access *change = &history->accesses[i];
        bool alone = change->by_reset;

        for (size_t j = history->first_access[position]; j < end && alone; j++) {
            const struct toy_access *other = &history->accesses[j];

            alone = other->by_reset || other->address >= change->address + change->length ||
                    change->address >= other->address + other->length;
        }
        if (alone) {
            return i;
        }
    }
    fail_msg("the reset has changed nothing by itself");
    return 0;
}

static void assert_reset_stop(const struct timeline_stop *stop, uint64_t position)
{
    assert_int_equal(stop->reason, TIMELINE_STOP_WATCHPOINT);
    assert_int_equal(stop->position, position);
    assert_true(stop->by_reset && stop->by_device);
}

/* What a reset changes is seen as what devices write: both ways, by runs and by steps, once. */
static void test_watch_over_reset(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    uint64_t position;

    (void)state;
    session_open(&session, &lively, plain);
    position = session.history->last_reset;
    watch(&session, find_change(session.history, position));
    session_move(&session, MOVE_SEEK, position - 1);
    stop = session_move(&session, MOVE_STEP, 0);
    assert_reset_stop(&stop, position);
    session_move(&session, MOVE_SEEK, position - 1);
    stop = session_move(&session, MOVE_FORWARD, UINT64_MAX);
    assert_reset_stop(&stop, position);
    session_check_state(&session);
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    session_move(&session, MOVE_SEEK, position);
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_reset_stop(&stop, position);
    session_move(&session, MOVE_SEEK, LENGTH);
    do {
        stop = session_move(&session, MOVE_BACKWARD, 0);
    } while (stop.position > position);
    assert_reset_stop(&stop, position);
    session_close(&session);
}

/* Breakpoints where a run forward pauses to take a checkpoint. */
static void test_breakpoint_at_checkpoint(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;

    (void)state;
    session_open(&session, &lively, plain);
    session_add(&session, TIMELINE_BREAK_EXECUTE, session.history->states[1000].pc, 0);
    do {
        stop = session_move(&session, MOVE_FORWARD, UINT64_MAX);
    } while (stop.position < 1000);
    assert_int_equal(stop.position, 1000);
    session_close(&session);
}

/* The next interrupt that is taken at or after *position, in place of the instruction there, and
 * where its handler returns to it; false if there is none. */
static bool find_interrupt(const struct toy_history *history, uint64_t *position, uint64_t *back)
{
    for (uint64_t at = *position; at < LENGTH; at++) {
        const struct toy_cpu *entered = &history->states[at];

        if (!entered->in_handler || history->states[at - 1].in_handler) {
            continue;
        }
        for (*back = at; *back < LENGTH && history->states[*back].in_handler; (*back)++) {
        }
        /* A reset ends some handlers. */
        if (!history->states[*back].in_handler && history->states[*back].pc == entered->return_pc) {
            *position = at;
            return true;
        }
    }
    return false;
}

static void assert_at(struct toy_session *session, const struct timeline_stop *stop,
                      enum timeline_stop_reason reason, uint64_t position)
{
    assert_int_equal(stop->reason, reason);
    assert_int_equal(stop->position, position);
    session->model.position = position;
    session_check_state(session);
}

/* An interrupt is a part of the step that it is taken in, those that follow at once included. */
static void test_step_over_interrupts(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t back = 0;
    unsigned count = 0;

    (void)state;
    session_open(&session, &lively, plain);
    for (uint64_t at = 1; count < 30 && find_interrupt(session.history, &at, &back);
         at = back + 1) {
        session_move(&session, MOVE_SEEK, at - 1);
        assert_int_equal(timeline_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, back);
        assert_int_equal(timeline_reverse_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, at - 1);
        assert_int_equal(timeline_step(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, at);
        assert_true(stop.handler);
        assert_int_equal(timeline_reverse_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, at - 1);
        count++;
    }
    assert_int_equal(count, 30);
    session_close(&session);
}

/* Steps over interrupts, one by one, until the PC is outside of the range. */
static void step_over_by_one(struct toy_session *session, const struct timeline_range *range,
                             struct timeline_stop *stop)
{
    uint64_t pc;

    do {
        assert_int_equal(timeline_step_over(session->timeline, stop, NULL), 0);
        assert_int_equal(timeline_read_pc(session->timeline, &pc, NULL), 0);
    } while (stop->reason == TIMELINE_STOP_STEP && pc >= range->start && pc < range->end);
}

static void step_range_over(struct toy_session *session, const struct timeline_range *range,
                            struct timeline_stop *stop)
{
    uint64_t pc;

    do {
        assert_int_equal(timeline_step_range_over(session->timeline, range, stop, NULL), 0);
        assert_int_equal(timeline_read_pc(session->timeline, &pc, NULL), 0);
    } while (stop->reason == TIMELINE_STOP_STEP && pc >= range->start && pc < range->end);
}

/* Interrupts are a part of the steps that a step by a range consists of. */
static void test_step_range_over_interrupts(void **state)
{
    struct toy_session session;
    uint64_t seed = 3, interrupted = 0, at = 100, back;

    (void)state;
    session_open(&session, &lively, plain);
    for (unsigned i = 0; i < 60 && find_interrupt(session.history, &at, &back);
         i++, at = back + 1) {
        uint64_t from = at - 1 - fixture_random(&seed) % 8;
        uint64_t pc = session.history->states[from].pc, size = fixture_random(&seed) % 1000;
        struct timeline_range range = {.start = pc > size ? pc - size : 0, .end = pc + size};
        struct timeline_stop one_by_one, at_once;

        session_move(&session, MOVE_SEEK, from);
        step_over_by_one(&session, &range, &one_by_one);
        session_move(&session, MOVE_SEEK, from);
        step_range_over(&session, &range, &at_once);
        assert_at(&session, &at_once, one_by_one.reason, one_by_one.position);
        interrupted += at_once.position > back;
    }
    assert_true(interrupted > 20);
    session_close(&session);
}

/* What stands in the handler stops the step, both ways. */
static void test_step_over_a_breakpoint(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t at = 1, back = 0, first, last, pc;

    (void)state;
    session_open(&session, &lively, plain);
    for (unsigned i = 0; i < 10; i++, at = back + 1) {
        assert_true(find_interrupt(session.history, &at, &back));
        first = at + i % (back - at);
        pc = session.history->states[first].pc;
        for (first = at; session.history->states[first].pc != pc; first++) {
        }
        for (last = back - 1; session.history->states[last].pc != pc; last--) {
        }
        session_add(&session, TIMELINE_BREAK_EXECUTE, pc, 0);
        session_move(&session, MOVE_SEEK, at - 1);
        assert_int_equal(timeline_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_BREAKPOINT, first);
        session_move(&session, MOVE_SEEK, back);
        assert_int_equal(timeline_reverse_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_BREAKPOINT, last);
        session_remove(&session, 0);
    }
    session_close(&session);
}

static const uint8_t never[] = {0, 3, 0x22, 0, 0x27};  /* const8 0, end */
static const uint8_t always[] = {0, 3, 0x22, 1, 0x27}; /* const8 1, end */
static const uint8_t no_value[] = {0, 1, 0x27};        /* end */

static int set_conditions(struct toy_session *session, uint64_t address, const uint8_t *bytes,
                          size_t size)
{
    const struct timeline_conditions conditions = {.bytes = bytes, .size = size};
    struct ebb_error error;

    return timeline_set_conditions(session->timeline, address, &conditions, &error);
}

/* But not if its condition is false. */
static void test_step_over_a_false_condition(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t at = 1, back = 0, pc;

    (void)state;
    session_open(&session, &lively, plain);
    for (unsigned i = 0; i < 10; i++, at = back + 1) {
        assert_true(find_interrupt(session.history, &at, &back));
        pc = session.history->states[at + i % (back - at)].pc;
        session_add(&session, TIMELINE_BREAK_EXECUTE, pc, 0);
        assert_int_equal(set_conditions(&session, pc, never, sizeof(never)), 0);
        session_move(&session, MOVE_SEEK, at - 1);
        assert_int_equal(timeline_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, back);
        assert_int_equal(timeline_reverse_step_over(session.timeline, &stop, &error), 0);
        assert_at(&session, &stop, TIMELINE_STOP_STEP, at - 1);
        session_remove(&session, 0);
    }
    session_close(&session);
}

static void assert_counts(struct toy_session *session, uint64_t address, int counts)
{
    struct ebb_error error;

    assert_int_equal(timeline_breakpoint_counts(session->timeline, address, &error), counts);
}

static void test_conditions(void **state)
{
    struct toy_session session;
    uint64_t pc, other;

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 321);
    pc = session.history->states[321].pc;
    other = pc + 4;
    assert_counts(&session, pc, 0);
    assert_int_equal(set_conditions(&session, pc, never, sizeof(never)), -1);
    session_add(&session, TIMELINE_BREAK_EXECUTE, pc, 0);
    session_add(&session, TIMELINE_BREAK_EXECUTE, other, 0);
    assert_counts(&session, pc, 1);
    assert_int_equal(set_conditions(&session, pc, never, sizeof(never) - 1), -1);
    assert_int_equal(set_conditions(&session, pc, never, sizeof(never)), 0);
    assert_int_equal(set_conditions(&session, other, always, sizeof(always)), 0);
    assert_counts(&session, pc, 0);
    assert_counts(&session, other, 1);
    assert_int_equal(set_conditions(&session, pc, no_value, sizeof(no_value)), 0);
    assert_counts(&session, pc, 1);
    assert_int_equal(set_conditions(&session, pc, never, sizeof(never)), 0);
    /* Those of one are not mixed up with another's that came or went before it. */
    session_add(&session, TIMELINE_BREAK_EXECUTE, pc - 4, 0);
    assert_int_equal(set_conditions(&session, pc - 4, always, sizeof(always)), 0);
    assert_counts(&session, pc - 4, 1);
    assert_counts(&session, pc, 0);
    session_remove(&session, 2);
    assert_counts(&session, pc - 4, 0);
    assert_counts(&session, pc, 0);
    session_remove(&session, 0);
    assert_counts(&session, pc, 0);
    assert_counts(&session, other, 1);
    session_add(&session, TIMELINE_BREAK_EXECUTE, pc, 0);
    assert_counts(&session, pc, 1); /* anew, it has none */
    session_close(&session);
}

/* A handler that history ends in: the step ends where the handler begins. */
static void test_step_over_the_end(void **state)
{
    struct toy_history_options options = lively;
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t at = 1, back = 0;

    (void)state;
    session_open(&session, &lively, plain);
    assert_true(find_interrupt(session.history, &at, &back));
    session_close(&session);
    options.length = at + 1;
    assert_true(back > at + 1);
    session_open(&session, &options, plain);
    session_move(&session, MOVE_SEEK, at - 1);
    assert_int_equal(timeline_step_over(session.timeline, &stop, &error), 0);
    assert_at(&session, &stop, TIMELINE_STOP_STEP, at);
    session_close(&session);
}

static void test_ends(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    session_open(&session, &lively, plain);
    assert_int_equal(timeline_begin(session.timeline), 0);
    assert_int_equal(timeline_end(session.timeline), LENGTH);
    stop = session_move(&session, MOVE_REVERSE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BEGIN);
    stop = session_move(&session, MOVE_BACKWARD, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BEGIN);
    stop = session_move(&session, MOVE_FORWARD, UINT64_MAX);
    assert_int_equal(stop.reason, TIMELINE_STOP_END);
    stop = session_move(&session, MOVE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_END);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    stop = session_move(&session, MOVE_STEP, 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    assert_int_equal(timeline_seek(session.timeline, LENGTH + 1, &stop, &error), -1);
    assert_message(&error, EBB_ERROR_USAGE, "outside of the history");
    session_check_state(&session);
    session_close(&session);
}

/* A log without its end: history goes to the last event. */
static void test_cut_off(void **state)
{
    struct toy_history_options options = lively;
    struct toy_session session;
    uint64_t end;

    (void)state;
    options.cut_off = true;
    session_open(&session, &options, plain);
    end = timeline_end(session.timeline);
    assert_in_range(end, 1, LENGTH);
    session.history->length = end;
    session_move(&session, MOVE_FORWARD, UINT64_MAX);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_close(&session);
}

/* Of a flight recorder's recording the newest part is left: history does not begin at 0. */
static void test_dropped_beginning(void **state)
{
    struct timeline_options options = {
        .worker_path = session_fake_worker(), .workers = 2, .checkpoint_every = 500};
    struct toy_history_options history_options = lively;
    struct toy_session session = {.directory = fixture_directory()};
    struct timeline_stop stop;
    struct ebb_error error = {0};
    uint64_t begin;

    (void)state;
    history_options.first_keyframe = 2;
    session.history = toy_history_make(session.directory, &history_options);
    session.model = (struct model){.history = session.history};
    options.recording = session.directory;
    session.timeline = timeline_open(&options, &error);
    assert_non_null(session.timeline);
    begin = session.history->keyframe_positions[2];
    assert_true(begin > 0);
    assert_int_equal(timeline_begin(session.timeline), begin);
    for (uint64_t position = LENGTH; position > begin; position -= (position - begin + 3) / 4) {
        session_move(&session, MOVE_SEEK, position);
        session_move(&session, MOVE_REVERSE_STEP, 0);
    }
    assert_int_equal(timeline_seek(session.timeline, begin - 1, &stop, &error), -1);
    assert_message(&error, EBB_ERROR_USAGE, "outside");

    /* The last hit there is has nothing before it. */
    session_move(&session, MOVE_SEEK, LENGTH);
    assert_int_equal(
        timeline_add_breakpoint(session.timeline, TIMELINE_BREAK_EXECUTE, NOWHERE, 0, &error), 0);
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BEGIN);
    assert_int_equal(stop.position, begin);
    assert_int_equal(timeline_reverse_step(session.timeline, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BEGIN);
    session_close(&session);
}

/* How many instructions a move from a position replays, and the way to that position not. */
static uint64_t replayed_by(struct toy_session *session, uint64_t from, enum session_move move,
                            uint64_t limit)
{
    struct timeline_stats before, after;

    session_move(session, MOVE_SEEK, from);
    timeline_stats(session->timeline, &before);
    session_move(session, move, limit);
    timeline_stats(session->timeline, &after);
    return after.instructions_replayed - before.instructions_replayed;
}

/* What a search has told is remembered for its breakpoints, and for no others. */
static void test_searched_again(void **state)
{
    struct toy_session session;
    uint64_t some = LENGTH / 4;

    (void)state;
    session_open(&session, &lively, plain);
    session_add(&session, TIMELINE_BREAK_EXECUTE, NOWHERE, 0);
    assert_true(replayed_by(&session, LENGTH, MOVE_BACKWARD, 0) >= LENGTH);
    assert_true(replayed_by(&session, LENGTH, MOVE_BACKWARD, 0) < some);
    assert_true(replayed_by(&session, LENGTH - 100, MOVE_BACKWARD, 0) < some);
    assert_true(replayed_by(&session, 0, MOVE_FORWARD, UINT64_MAX) < some);
    session_add(&session, TIMELINE_BREAK_EXECUTE, NOWHERE + 4, 0);
    assert_true(replayed_by(&session, 0, MOVE_FORWARD, LENGTH - 100) >= LENGTH - 100);
    assert_true(replayed_by(&session, 0, MOVE_FORWARD, LENGTH - 100) < some);
    assert_true(replayed_by(&session, LENGTH, MOVE_BACKWARD, 0) >= LENGTH); /* there is more now */
    session_close(&session);
}

static void test_divergence(void **state)
{
    struct toy_history_options options = lively;
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t wrong;

    (void)state;
    options.wrong_at = 9000;
    session_open(&session, &options, plain);
    wrong = session.history->wrong_position;
    assert_in_range(wrong, 9000, LENGTH);
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    assert_int_equal(stop.position, wrong);
    assert_non_null(stop.report);
    assert_non_null(strstr(stop.report, "another value"));
    assert_int_equal(timeline_end(session.timeline), wrong);
    session.model.position = wrong;
    session_check_state(&session);
    /* There is no way on, and every way back. */
    assert_int_equal(timeline_step(session.timeline, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    assert_non_null(stop.report);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_move(&session, MOVE_SEEK, 500);
    assert_int_equal(timeline_seek(session.timeline, wrong + 1, &stop, &error), -1);
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    session_close(&session);
}

/* The same met by a seek, and by a search back over it from a keyframe behind it. */
static void test_divergence_elsewhere(void **state)
{
    struct toy_history_options options = lively;
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t wrong;

    (void)state;
    options.wrong_at = 3000;
    session_open(&session, &options,
                 (struct timeline_options){.workers = 1, .checkpoint_every = 300});
    wrong = session.history->wrong_position;
    /* The last keyframe is near enough to be the better start. */
    session_move(&session, MOVE_SEEK, LENGTH);
    session_add(&session, TIMELINE_BREAK_EXECUTE, NOWHERE, 0);
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    assert_int_equal(stop.position, LENGTH);
    session_check_state(&session);
    assert_int_equal(timeline_seek(session.timeline, wrong - 1, &stop, &error), 0);
    assert_int_equal(timeline_seek(session.timeline, wrong + 1, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_DIVERGED);
    assert_int_equal(stop.position, wrong);
    session.model.position = wrong;
    session_check_state(&session);
    session_close(&session);
}

/* What a progress callback does while a worker runs through a long, empty stretch. */
struct meddler {
    struct timeline *timeline;
    bool interrupt, kill_worker;
    bool freeze;     /* the worker while it is interrupted, so that nothing depends on time: */
    unsigned frozen; /* calls since then */
    unsigned calls;
    uint64_t position, from, to;
};

static void stop_worker(const struct meddler *meddler)
{
    int pid = timeline_worker_pid(meddler->timeline, 0), status;

    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
}

/* The call behind the next one comes when the engine has passed the interruption on. */
static void thaw(struct meddler *meddler)
{
    if (meddler->frozen++ == 2) {
        meddler->freeze = false;
        kill(timeline_worker_pid(meddler->timeline, 0), SIGCONT);
    }
}

static void meddle(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct meddler *meddler = opaque;

    if (!meddler->timeline) {
        return;
    }
    meddler->position = position;
    meddler->from = from;
    meddler->to = to;
    meddler->calls++;
    if (meddler->frozen) {
        thaw(meddler);
    } else if (meddler->interrupt) {
        if (meddler->freeze) {
            stop_worker(meddler);
            thaw(meddler);
        }
        timeline_interrupt(meddler->timeline);
    } else if (meddler->kill_worker) {
        kill(timeline_worker_pid(meddler->timeline, 0), SIGKILL);
        meddler->kill_worker = false;
        meddler->interrupt = true;
    }
}

static void open_long(struct toy_session *session, struct meddler *meddler)
{
    struct toy_history_options history = {.seed = 5, .length = 10, .quiet = true, .end = FAR};

    *meddler = (struct meddler){0};
    session_open(
        session, &history,
        (struct timeline_options){.workers = 1, .progress = meddle, .progress_opaque = meddler});
    meddler->timeline = session->timeline;
}

static void test_interrupt_forward(void **state)
{
    struct toy_session session;
    struct meddler meddler;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t registers, ram, registers_again, ram_again, there;

    (void)state;
    open_long(&session, &meddler);
    meddler.interrupt = meddler.freeze = true;
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    /* The worker has got no farther than it goes between two looks at the request. */
    assert_false(meddler.freeze);
    assert_in_range(stop.position, meddler.position, meddler.position + 2 * LOOK_UP_EVERY);
    meddler.frozen = 0;
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    assert_int_equal(stop.position, timeline_position(session.timeline));
    assert_in_range(stop.position, 1, FAR - 1);
    assert_int_equal(meddler.from, 0);
    assert_int_equal(meddler.to, FAR);
    assert_in_range(meddler.position, 0, FAR);
    there = stop.position;
    meddler.interrupt = false;
    assert_int_equal(timeline_digest(session.timeline, &registers, &ram, &error), 0);
    assert_int_equal(timeline_seek(session.timeline, 3, &stop, &error), 0);
    session.model.position = 3;
    session_check_state(&session);
    meddler.interrupt = true;
    assert_int_equal(timeline_seek(session.timeline, FAR, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    meddler.interrupt = false;
    assert_int_equal(timeline_step(session.timeline, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    /* The state was that of the position, as reached in one go. */
    assert_int_equal(timeline_seek(session.timeline, there, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    assert_int_equal(timeline_digest(session.timeline, &registers_again, &ram_again, &error), 0);
    assert_int_equal(registers, registers_again);
    assert_int_equal(ram, ram_again);
    session_close(&session);
}

static void test_interrupt_backward(void **state)
{
    struct toy_session session;
    struct meddler meddler;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t registers, ram, registers_after, ram_after, start;

    (void)state;
    open_long(&session, &meddler);
    /* Far enough for a search back to last until its first progress report. */
    meddler.interrupt = false;
    assert_int_equal(timeline_seek(session.timeline, 30000000, &stop, &error), 0);
    start = timeline_position(session.timeline);
    assert_int_equal(timeline_digest(session.timeline, &registers, &ram, &error), 0);
    assert_int_equal(
        timeline_add_breakpoint(session.timeline, TIMELINE_BREAK_EXECUTE, NOWHERE, 4, &error), 0);
    meddler.interrupt = true;
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    assert_int_equal(stop.position, start);
    assert_int_equal(meddler.from, start);
    assert_int_equal(meddler.to, 0);
    meddler.interrupt = false;
    assert_int_equal(timeline_digest(session.timeline, &registers_after, &ram_after, &error), 0);
    assert_int_equal(registers, registers_after);
    assert_int_equal(ram, ram_after);
    session_close(&session);
}

/* An interruption that comes before a move is for that move. */
static void test_interrupt_early(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 700);
    timeline_interrupt(session.timeline);
    timeline_interrupt(session.timeline);
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, NULL), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    session_check_state(&session);
    session_move(&session, MOVE_BACKWARD, 0);
    session_close(&session);
}

static void test_death_while_running(void **state)
{
    struct toy_session session;
    struct meddler meddler;
    struct timeline_stop stop;
    struct timeline_stats stats;
    struct ebb_error error;

    (void)state;
    open_long(&session, &meddler);
    meddler.kill_worker = true;
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_INTERRUPTED);
    timeline_stats(session.timeline, &stats);
    assert_int_equal(stats.workers_replaced, 1);
    meddler.interrupt = false;
    assert_int_equal(timeline_seek(session.timeline, 9, &stop, &error), 0);
    session.model.position = 9;
    session_check_state(&session);
    session_close(&session);
}

/* A place that kills every worker is an error, and the session goes on elsewhere. */
static void test_deadly_place(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    setenv("FAKE_WORKER_DIES_AT", "7777", 1);
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 7776);
    assert_int_equal(timeline_step(session.timeline, &stop, &error), -1);
    assert_message(&error, EBB_ERROR_FAILED, "this is the position to die at");
    session_check_state(&session);
    assert_int_equal(timeline_run_forward(session.timeline, UINT64_MAX, &stop, &error), -1);
    session.model.position = timeline_position(session.timeline);
    session_check_state(&session);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_close(&session);
    unsetenv("FAKE_WORKER_DIES_AT");
}

/* The same in the way of a search, on several workers. */
static void test_deadly_place_in_search(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    setenv("FAKE_WORKER_DIES_AT", "5555", 1);
    session_open(&session, &lively,
                 (struct timeline_options){.workers = 3, .checkpoint_every = 300});
    session_move(&session, MOVE_SEEK, LENGTH);
    session_add(&session, TIMELINE_BREAK_EXECUTE, NOWHERE, 0);
    assert_int_equal(timeline_run_backward(session.timeline, 0, &stop, &error), -1);
    assert_message(&error, EBB_ERROR_FAILED, "died");
    session_check_state(&session);
    session_move(&session, MOVE_BACKWARD, LENGTH - 1000);
    session_close(&session);
    unsetenv("FAKE_WORKER_DIES_AT");
}

/* A worker that does what its walls are there against is stopped before it has done it. */
static void test_trespasses(void **state)
{
    static const char *const names[] = {"open", "socket", "fork"};
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;

    (void)state;
    setenv("FAKE_WORKER_DIES_AT", "7777", 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setenv("FAKE_WORKER_TRIES", names[i], 1);
        session_open(&session, &lively, plain);
        session_move(&session, MOVE_SEEK, 7776);
        assert_int_equal(timeline_step(session.timeline, &stop, &error), -1);
        assert_message(&error, EBB_ERROR_FAILED, "stopped by its walls (SIGSYS)");
        session_check_state(&session);
        session_move(&session, MOVE_REVERSE_STEP, 0);
        session_close(&session);
    }
    unsetenv("FAKE_WORKER_TRIES");
    unsetenv("FAKE_WORKER_DIES_AT");
}

/* Memory that a worker could take away again is not mapped. */
static void test_unsealed_worker(void **state)
{
    struct timeline_options options = plain;
    char *directory = fixture_directory();
    struct ebb_error error;

    (void)state;
    toy_history_free(toy_history_make(directory, &lively));
    options.recording = directory;
    options.worker_path = session_fake_worker();
    setenv("FAKE_WORKER_UNSEALED", "yes", 1);
    assert_null(timeline_open(&options, &error));
    assert_message(&error, EBB_ERROR_FAILED, "unexpected reply");
    unsetenv("FAKE_WORKER_UNSEALED");
    fixture_remove(directory);
}

static void test_no_worker(void **state)
{
    struct timeline_options options = plain;
    char *directory = fixture_directory();
    struct ebb_error error;

    (void)state;
    toy_history_free(toy_history_make(directory, &lively));
    options.recording = directory;
    options.worker_path = "/does/not/exist";
    assert_null(timeline_open(&options, &error));
    assert_message(&error, EBB_ERROR_FAILED, "/does/not/exist");
    /* A program that is not a worker; what it says is passed on. */
    options.worker_path = "/bin/ls";
    assert_null(timeline_open(&options, &error));
    assert_message(&error, EBB_ERROR_FAILED, "died: /bin/ls: ");
    fixture_remove(directory);
}

/* Commas have a meaning in QEMU's options. */
static void test_comma_in_name(void **state)
{
    struct timeline_options options = plain;
    char *directory = fixture_directory(), *name;
    struct timeline *timeline;
    struct ebb_error error;

    (void)state;
    assert_true(asprintf(&name, "%s/a,b,,c", directory) > 0);
    assert_int_equal(mkdir(name, 0700), 0);
    toy_history_free(toy_history_make(name, &lively));
    options.recording = name;
    options.worker_path = session_fake_worker();
    timeline = timeline_open(&options, &error);
    assert_non_null(timeline);
    timeline_close(timeline);
    fixture_remove(name);
    fixture_remove(directory);
}

static void test_lost_diversion(void **state)
{
    struct toy_session session;
    struct ebb_error error;
    uint64_t value = 99;
    uint8_t bytes[16];
    struct timeline_stop stop;

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 1234);
    assert_int_equal(
        timeline_write_register(session.timeline, 2, (uint8_t *)&value, sizeof(value), &error), 0);
    kill(timeline_worker_pid(session.timeline, 0), SIGKILL);
    assert_int_equal(timeline_read_memory(session.timeline, 0, bytes, sizeof(bytes), &error), -1);
    assert_message(&error, EBB_ERROR_FAILED, "lost");
    assert_false(timeline_in_diversion(session.timeline));
    session_check_state(&session);
    assert_int_equal(timeline_write_memory(session.timeline, 64, bytes, sizeof(bytes), &error), 0);
    kill(timeline_worker_pid(session.timeline, 0), SIGKILL);
    assert_int_equal(timeline_resume_diversion(session.timeline, true, &stop, &error), -1);
    assert_message(&error, EBB_ERROR_FAILED, "lost");
    session_check_state(&session);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    session_close(&session);
}

/* Breakpoints in a branch, sleeping in it, and writing where nothing is. */
static void test_diversion_stops(void **state)
{
    struct toy_session session;
    struct timeline_stop stop;
    struct ebb_error error;
    uint64_t zero = 0, pc = 40;

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 1234);
    assert_int_equal(timeline_resume_diversion(session.timeline, true, &stop, &error), -1);
    assert_int_equal(timeline_write_register(session.timeline, TOY_PC_REGISTER, (uint8_t *)&pc,
                                             sizeof(pc), &error),
                     0);
    session_add(&session, TIMELINE_BREAK_EXECUTE, 40, 0);
    session_add(&session, TIMELINE_BREAK_EXECUTE, 44, 0);
    session_add(&session, TIMELINE_BREAK_EXECUTE, 48, 0);
    assert_int_equal(timeline_resume_diversion(session.timeline, false, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_BREAKPOINT);
    assert_int_equal(stop.position, 1234);
    assert_int_equal(
        timeline_write_register(session.timeline, 0, (uint8_t *)&zero, sizeof(zero), &error), 0);
    assert_int_equal(timeline_resume_diversion(session.timeline, false, &stop, &error), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_HALTED);
    assert_int_equal(
        timeline_write_memory(session.timeline, TOY_RAM_SIZE - 4, (uint8_t *)&zero, 8, &error), -1);
    assert_message(&error, EBB_ERROR_USAGE, "cannot be written");
    session_move(&session, MOVE_BACKWARD, 0);
    session_close(&session);
}

static void test_inspection(void **state)
{
    struct toy_session session;
    uint8_t bytes[16];
    uint64_t pc;

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_SEEK, 321);
    assert_string_equal(timeline_target_xml(session.timeline, "target.xml"), "<target/>");
    assert_ptr_equal(timeline_target_xml(session.timeline, "target.xml"),
                     timeline_target_xml(session.timeline, "target.xml"));
    assert_null(timeline_target_xml(session.timeline, "other.xml-and-more"));
    assert_int_equal(timeline_registers_size(session.timeline), sizeof(struct toy_cpu));
    assert_int_equal(timeline_read_register(session.timeline, 900, bytes, sizeof(bytes), NULL), 0);
    assert_int_equal(timeline_read_pc(session.timeline, &pc, NULL), 0);
    assert_int_equal(pc, session.history->states[321].pc);
    assert_int_equal(timeline_read_memory(session.timeline, TOY_RAM_SIZE - 5, bytes, 16, NULL), 5);
    assert_int_equal(timeline_read_memory(session.timeline, TOY_RAM_SIZE, bytes, 16, NULL), 0);
    session_close(&session);
}

struct visit {
    uint64_t last, checkpoints, keyframes;
};

static void visit_checkpoint(void *opaque, const struct timeline_checkpoint_info *info)
{
    struct visit *visit = opaque;

    assert_true(info->position >= visit->last);
    visit->last = info->position;
    visit->checkpoints += !info->keyframe;
    visit->keyframes += info->keyframe;
}

/* Going forward leaves checkpoints; stepping back leaves few more, however long it goes on. */
static void test_placement(void **state)
{
    struct toy_session session;
    struct timeline_stats before, after;
    struct visit visit = {0};

    (void)state;
    session_open(&session, &lively, plain);
    session_move(&session, MOVE_FORWARD, 15500);
    timeline_visit_checkpoints(session.timeline, visit_checkpoint, &visit);
    assert_in_range(visit.checkpoints, 16, 22);
    assert_int_equal(visit.keyframes, session.history->keyframes);
    timeline_stats(session.timeline, &before);
    for (unsigned i = 0; i < 600; i++) {
        session_move(&session, MOVE_REVERSE_STEP, 0);
    }
    timeline_stats(session.timeline, &after);
    assert_in_range(after.checkpoints - before.checkpoints, 3, 60);
    /* Each step replays little more than the way from the nearest of them. */
    assert_true(after.instructions_replayed - before.instructions_replayed < 600 * 60);
    session_close(&session);
}

/* Searches all of history for what is not there; *stats is what that has taken. */
static void search_in_vain(struct toy_session *session, struct timeline_stats *stats)
{
    struct timeline_stats before;

    session_move(session, MOVE_SEEK, LENGTH);
    session_add(session, TIMELINE_BREAK_EXECUTE, NOWHERE, 0);
    timeline_stats(session->timeline, &before);
    session_move(session, MOVE_BACKWARD, 0);
    timeline_stats(session->timeline, stats);
    stats->checkpoints -= before.checkpoints;
    stats->restores -= before.restores;
    stats->instructions_replayed -= before.instructions_replayed;
}

/* A search leaves few checkpoints on its way, and steps back are short anyway where it ends. */
static void test_placement_in_a_search(void **state)
{
    struct timeline_options options = {.workers = 1, .checkpoint_every = 50};
    struct timeline_stats before, after;
    struct toy_session session;

    (void)state;
    session_open(&session, &lively, options);
    search_in_vain(&session, &after);
    assert_in_range(after.checkpoints, 1, 40);
    assert_in_range(after.instructions_replayed, LENGTH, LENGTH + LENGTH / 10);
    session_add(&session, TIMELINE_BREAK_EXECUTE, session.history->states[LENGTH / 2].pc, 0);
    session_move(&session, MOVE_SEEK, LENGTH);
    session_move(&session, MOVE_BACKWARD, 0);
    timeline_stats(session.timeline, &before);
    for (unsigned i = 0; i < 200; i++) {
        session_move(&session, MOVE_REVERSE_STEP, 0);
    }
    timeline_stats(session.timeline, &after);
    assert_true(after.instructions_replayed - before.instructions_replayed < 200 * 60);
    session_close(&session);
}

/* Where a start takes long, a search has few of them; and none of the way twice for that. */
static void test_long_starts_in_a_search(void **state)
{
    struct timeline_options options = {.workers = 1, .checkpoint_every = 300};
    struct timeline_stats after;
    struct toy_session session;
    uint64_t restores[2];

    (void)state;
    for (unsigned slow = 0; slow < 2; slow++) {
        session_open(&session, &lively, options);
        assert_int_equal(placement_worth_a_start(session.timeline), options.checkpoint_every);
        if (slow) {
            session.timeline->adaptive = true;
            session.timeline->pace.per_instruction = 1;
            session.timeline->pace.per_start = 1e6;
            assert_int_equal(placement_worth_a_start(session.timeline), 32000000);
        }
        search_in_vain(&session, &after);
        restores[slow] = after.restores;
        assert_in_range(after.instructions_replayed, LENGTH, LENGTH + LENGTH / 10);
        session_close(&session);
    }
    assert_true(3 * restores[1] < 2 * restores[0]);
}

/* With little memory a move back keeps the checkpoints around its end, not around its beginning. */
static void test_placement_at_the_end_of_a_move_back(void **state)
{
    struct timeline_options tight = {
        .workers = 1, .memory_budget = 800u << 10, .checkpoint_every = 4000};
    struct timeline_stats before, after;
    struct toy_session session;

    (void)state;
    session_open(&session, &(struct toy_history_options){.seed = 11, .length = 30000}, tight);
    session_move(&session, MOVE_FORWARD, UINT64_MAX);
    session_move(&session, MOVE_BACKWARD, 12000);
    timeline_stats(session.timeline, &before);
    for (unsigned i = 0; i < 200; i++) {
        session_move(&session, MOVE_REVERSE_STEP, 0);
    }
    timeline_stats(session.timeline, &after);
    assert_true(after.instructions_replayed - before.instructions_replayed < 200 * 60);
    session_close(&session);
}

/* With no memory at all for checkpoints, a step back stays one, and the user is told what to do. */
static void test_placement_without_memory(void **state)
{
    struct timeline_options none = {.workers = 1, .memory_budget = 1, .checkpoint_every = 4000};
    struct timeline_stats before, after;
    struct toy_session session;
    char *notice;

    (void)state;
    session_open(&session, &(struct toy_history_options){.seed = 11, .length = 30000}, none);
    session_move(&session, MOVE_SEEK, 30000);
    session_move(&session, MOVE_REVERSE_STEP, 0);
    timeline_stats(session.timeline, &before);
    for (unsigned i = 0; i < 200; i++) {
        session_move(&session, MOVE_REVERSE_STEP, 0);
    }
    timeline_stats(session.timeline, &after);
    assert_true(after.instructions_replayed - before.instructions_replayed < 200 * 60);
    assert_in_range(after.checkpoints, 2, 1 + CHECKPOINT_SET_KEPT);
    notice = timeline_take_notice(session.timeline);
    assert_non_null(notice);
    assert_non_null(strstr(notice, "--memory "));
    free(notice);
    session_move(&session, MOVE_SEEK, 20000);
    assert_null(timeline_take_notice(session.timeline));
    session_close(&session);
}

/* What a keyframe is worth depends on how long the guest takes to get there. */
static void test_placement_in_a_slow_guest(void **state)
{
    struct toy_session session;
    struct timeline *timeline;
    struct start start;
    uint64_t last;

    (void)state;
    session_open(&session, &(struct toy_history_options){.seed = 12, .length = 30000},
                 (struct timeline_options){.workers = 1});
    timeline = session.timeline;
    last = timeline->keyframes[timeline->keyframe_count - 1].position;
    assert_true(last > 10000);
    timeline->pace.per_instruction = 1.6;
    placement_choose_start(timeline, &timeline->replicas[0], last, &start);
    assert_int_equal(start.kind, START_HERE);
    timeline->pace.per_instruction = 2000;
    placement_choose_start(timeline, &timeline->replicas[0], last, &start);
    assert_int_equal(start.kind, START_KEYFRAME);
    assert_int_equal(start.position, last);
    session_close(&session);
}

/* Where all that leads to a position is damaged, that is said. */
static void test_placement_without_a_start(void **state)
{
    struct checkpoint_set *set;
    struct toy_session session;
    struct timeline *timeline;
    struct ebb_error error;
    struct timeline_stop stop;
    struct start start;

    (void)state;
    session_open(&session, &(struct toy_history_options){.seed = 12, .length = 30000},
                 (struct timeline_options){.workers = 1});
    timeline = session.timeline;
    session_move(&session, MOVE_SEEK, 30000);
    set = timeline->set;
    timeline->set = checkpoint_set_new(timeline->store, 0);
    assert_non_null(timeline->set);
    timeline->keyframe_count = 0;
    assert_false(placement_choose_start(timeline, &timeline->replicas[0], 10000, &start));
    assert_int_equal(placement_first_look(timeline, 10000), 10000);
    assert_int_equal(placement_approach(timeline, 10000), 10000);
    assert_int_equal(timeline_seek(timeline, 10000, &stop, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "leads to position 10000"));
    checkpoint_set_free(timeline->set);
    timeline->set = set;
    session_close(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_placement_without_a_start),
        cmocka_unit_test(test_placement_at_the_end_of_a_move_back),
        cmocka_unit_test(test_placement_in_a_slow_guest),
        cmocka_unit_test(test_placement_without_memory),
        cmocka_unit_test(test_placement_in_a_search),
        cmocka_unit_test(test_long_starts_in_a_search),
        cmocka_unit_test(test_device_and_access),
        cmocka_unit_test(test_breakpoint_behind_device),
        cmocka_unit_test(test_device_and_reset),
        cmocka_unit_test(test_watch_over_reset),
        cmocka_unit_test(test_breakpoint_at_checkpoint),
        cmocka_unit_test(test_step_over_interrupts),
        cmocka_unit_test(test_step_range_over_interrupts),
        cmocka_unit_test(test_step_over_a_breakpoint),
        cmocka_unit_test(test_step_over_a_false_condition),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_step_over_the_end),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_dropped_beginning),
        cmocka_unit_test(test_searched_again),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_divergence_elsewhere),
        cmocka_unit_test(test_interrupt_forward),
        cmocka_unit_test(test_interrupt_backward),
        cmocka_unit_test(test_interrupt_early),
        cmocka_unit_test(test_death_while_running),
        cmocka_unit_test(test_deadly_place),
        cmocka_unit_test(test_deadly_place_in_search),
        cmocka_unit_test(test_trespasses),
        cmocka_unit_test(test_unsealed_worker),
        cmocka_unit_test(test_no_worker),
        cmocka_unit_test(test_comma_in_name),
        cmocka_unit_test(test_lost_diversion),
        cmocka_unit_test(test_diversion_stops),
        cmocka_unit_test(test_inspection),
        cmocka_unit_test(test_placement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
