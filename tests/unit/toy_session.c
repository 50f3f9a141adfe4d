/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_session.h"

#include "recording_fixture.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

const char *session_fake_worker(void)
{
    return FAKE_WORKER;
}

void session_open(struct toy_session *session, const struct toy_history_options *history,
                  struct timeline_options options)
{
    *session = (struct toy_session){.directory = fixture_directory()};
    session_make(session, history);
    session_open_made(session, options);
}

void session_make(struct toy_session *session, const struct toy_history_options *history)
{
    session->history = toy_history_make(session->directory, history);
    session->model = (struct model){.history = session->history};
}

void session_open_made(struct toy_session *session, struct timeline_options options)
{
    struct ebb_error error = {0};

    options.recording = session->directory;
    options.worker_path = session_fake_worker();
    session->timeline = timeline_open(&options, &error);
    if (!session->timeline) {
        fail_msg("%s", error.message);
    }
    session->model.position = timeline_begin(session->timeline);
}

void session_close(struct toy_session *session)
{
    timeline_close(session->timeline);
    toy_history_free(session->history);
    fixture_remove(session->directory);
}

void session_check_state(struct toy_session *session)
{
    const struct toy_history *history = session->history;
    uint64_t position = session->model.position, registers = 0, ram = 0;
    struct toy_cpu cpu;
    struct ebb_error error = {0};

    assert_int_equal(timeline_position(session->timeline), position);
    if (timeline_read_registers(session->timeline, (uint8_t *)&cpu, &error) ||
        timeline_digest(session->timeline, &registers, &ram, &error)) {
        fail_msg("%s", error.message);
    }
    assert_memory_equal(&cpu, &history->states[position], sizeof(cpu));
    assert_int_equal(ram, history->ram_digests[position]);
    assert_int_equal(registers, toy_digest_registers(&cpu));
}

void session_check_stop(struct toy_session *session, const struct timeline_stop *stop,
                        const struct model_stop *expected)
{
    bool nested;

    if (stop->reason != expected->reason || stop->position != expected->position) {
        fail_msg("stopped for %d at %llu, not for %d at %llu", (int)stop->reason,
                 (unsigned long long)stop->position, (int)expected->reason,
                 (unsigned long long)expected->position);
    }
    assert_int_equal(timeline_position(session->timeline), expected->position);
    if (stop->reason == TIMELINE_STOP_BREAKPOINT) {
        assert_int_equal(stop->address, session->history->states[stop->position].pc);
        assert_int_equal(stop->kind, TIMELINE_BREAK_EXECUTE);
    } else if (stop->reason == TIMELINE_STOP_WATCHPOINT) {
        nested = !expected->by_device && stop->by_device;
        assert_true(stop->by_device || !expected->by_device);
        assert_true(model_watched(&session->model, expected->access_position,
                                  nested || expected->by_device, stop->address));
    }
}

void session_add(struct toy_session *session, enum timeline_breakpoint_kind kind, uint64_t address,
                 uint64_t length)
{
    struct model *model = &session->model;
    struct ebb_error error = {0};

    assert_true(model->breakpoint_count < MODEL_BREAKPOINTS);
    for (size_t i = 0; i < model->breakpoint_count; i++) {
        if (model->breakpoints[i].kind == kind && model->breakpoints[i].address == address &&
            model->breakpoints[i].length == length) {
            return;
        }
    }
    model->breakpoints[model->breakpoint_count++] =
        (struct model_breakpoint){.kind = kind, .address = address, .length = length};
    if (timeline_add_breakpoint(session->timeline, kind, address, length, &error)) {
        fail_msg("%s", error.message);
    }
}

void session_set_condition(struct toy_session *session, size_t number, uint8_t reg, uint8_t mask,
                           uint8_t bits)
{
    struct model_breakpoint *breakpoint = &session->model.breakpoints[number];
    /* One that is false, and: reg, const8, bit_and, const8, equal, end. */
    const uint8_t code[] = {0,   3,    0x22, 0,    0x27, 0,    10,   0x26, 0,
                            reg, 0x22, mask, 0x0f, 0x22, bits, 0x13, 0x27};
    const struct timeline_conditions conditions = {.bytes = code, .size = mask ? sizeof(code) : 0};
    struct ebb_error error = {0};

    breakpoint->reg = reg;
    breakpoint->mask = mask;
    breakpoint->bits = mask ? bits : 0;
    if (timeline_set_conditions(session->timeline, breakpoint->address, &conditions, &error)) {
        fail_msg("%s", error.message);
    }
}

void session_remove(struct toy_session *session, size_t number)
{
    struct model *model = &session->model;
    struct model_breakpoint gone = model->breakpoints[number];
    struct ebb_error error = {0};

    model->breakpoints[number] = model->breakpoints[--model->breakpoint_count];
    if (timeline_remove_breakpoint(session->timeline, gone.kind, gone.address, gone.length,
                                   &error)) {
        fail_msg("%s", error.message);
    }
}

static int move_both(struct toy_session *session, enum session_move move, uint64_t position,
                     struct timeline_stop *stop, struct model_stop *expected,
                     struct ebb_error *error)
{
    switch (move) {
    case MOVE_SEEK:
        model_seek(&session->model, position, expected);
        return timeline_seek(session->timeline, position, stop, error);
    case MOVE_FORWARD:
        model_run_forward(&session->model, position, expected);
        return timeline_run_forward(session->timeline, position, stop, error);
    case MOVE_BACKWARD:
        model_run_backward(&session->model, position, expected);
        return timeline_run_backward(session->timeline, position, stop, error);
    case MOVE_STEP:
        model_step(&session->model, expected);
        return timeline_step(session->timeline, stop, error);
    default:
        model_reverse_step(&session->model, expected);
        return timeline_reverse_step(session->timeline, stop, error);
    }
}

struct timeline_stop session_move(struct toy_session *session, enum session_move move,
                                  uint64_t position)
{
    struct ebb_error error = {0};
    struct timeline_stop stop;
    struct model_stop expected;

    if (move_both(session, move, position, &stop, &expected, &error)) {
        fail_msg("%s", error.message);
    }
    session_check_stop(session, &stop, &expected);
    session_check_state(session);
    return stop;
}

struct timeline_stop session_step_range(struct toy_session *session,
                                        const struct timeline_range *range)
{
    struct ebb_error error = {0};
    struct timeline_stop stop;
    struct model_stop expected;

    model_step_range(&session->model, range, &expected);
    if (timeline_step_range(session->timeline, range, &stop, &error)) {
        fail_msg("%s", error.message);
    }
    session_check_stop(session, &stop, &expected);
    session_check_state(session);
    return stop;
}
