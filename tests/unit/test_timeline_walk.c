/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks through a toy history at random, forward and backward, with breakpoints and watchpoints of
 * all kinds, and compares every answer and every state with brute force.
 */
#include "recording_fixture.h"
#include "checkpoints/checkpoint_set.h"
#include "toy_pages.h"
#include "toy_session.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_LENGTH 30000u

struct walk {
    struct toy_session session;
    uint64_t random;
    unsigned moves;
    unsigned kill_one_in; /* a worker is killed before one move in this many; 0: never */
    unsigned workers;
};

static uint64_t below(struct walk *walk, uint64_t n)
{
    return fixture_random(&walk->random) % n;
}

/* A position, often close to where the walk is. */
static uint64_t some_position(struct walk *walk)
{
    uint64_t here = walk->session.model.position, distance = below(walk, 3000);

    if (below(walk, 3) == 0) {
        return below(walk, HISTORY_LENGTH + 1);
    }
    if (below(walk, 2)) {
        return here > distance ? here - distance : 0;
    }
    return here + distance < HISTORY_LENGTH ? here + distance : HISTORY_LENGTH;
}

/* An address that matters: a PC the history passes, or bytes it accesses. */
static void add_something(struct walk *walk)
{
    const struct toy_history *history = walk->session.history;
    const struct toy_access *access = &history->accesses[below(walk, history->access_count)];
    uint64_t kind = below(walk, 5);

    if (walk->session.model.breakpoint_count == MODEL_BREAKPOINTS) {
        return;
    }
    if (kind < 2) {
        session_add(&walk->session, TIMELINE_BREAK_EXECUTE,
                    history->states[below(walk, HISTORY_LENGTH)].pc, 0);
    } else {
        session_add(&walk->session, (enum timeline_breakpoint_kind)kind,
                    access->address + below(walk, access->length), 1 + below(walk, 8));
    }
}

/* A condition for one that has none, or another, or none any more. */
static void change_condition(struct walk *walk)
{
    size_t number = below(walk, walk->session.model.breakpoint_count);
    uint8_t mask = (uint8_t)below(walk, 4);

    if (walk->session.model.breakpoints[number].kind == TIMELINE_BREAK_EXECUTE) {
        session_set_condition(&walk->session, number, (uint8_t)below(walk, TOY_GENERAL), mask,
                              (uint8_t)below(walk, 4) & mask);
    }
}

static void change_breakpoints(struct walk *walk)
{
    size_t count = walk->session.model.breakpoint_count;

    if (count && below(walk, 3) == 0) {
        change_condition(walk);
    } else if (below(walk, 6) == 0) {
        timeline_clear_breakpoints(walk->session.timeline);
        walk->session.model.breakpoint_count = 0;
    } else if (count > below(walk, 8)) {
        session_remove(&walk->session, below(walk, count));
    } else {
        add_something(walk);
    }
}

/* Executes an instruction of a branch in a copy of the state. */
static void branch_step(struct toy_cpu *cpu, uint8_t *ram)
{
    struct toy_instruction instruction;

    toy_decode(cpu, &instruction);
    toy_execute(cpu, ram, &instruction, 0);
}

static void check_branch(struct walk *walk, const struct toy_cpu *cpu, const uint8_t *ram)
{
    static uint8_t bytes[TOY_RAM_SIZE + 10];
    struct timeline *timeline = walk->session.timeline;
    struct toy_cpu now;
    bool moved;

    assert_true(timeline_in_diversion(timeline));
    assert_int_equal(timeline_read_registers(timeline, (uint8_t *)&now, NULL), 0);
    assert_memory_equal(&now, cpu, sizeof(now));
    assert_int_equal(timeline_read_memory(timeline, 0, bytes, sizeof(bytes), NULL), TOY_RAM_SIZE);
    assert_memory_equal(bytes, ram, TOY_RAM_SIZE);
    assert_int_equal(timeline_diversion_moved(timeline, &moved, NULL), 0);
    assert_int_equal(moved,
                     cpu->pc != walk->session.history->states[walk->session.model.position].pc);
}

/* The same by a range, unless the CPU goes to sleep in it or never leaves it. */
static void branch_step_range(struct walk *walk, struct toy_cpu *cpu, uint8_t *ram)
{
    static uint8_t there_ram[TOY_RAM_SIZE];
    const struct timeline_range range = {.start = cpu->pc, .end = cpu->pc + 4 * below(walk, 20)};
    struct toy_cpu there = *cpu;
    struct timeline_stop stop;
    unsigned steps = 0;

    memcpy(there_ram, ram, TOY_RAM_SIZE);
    do {
        if (!there.general[0] || ++steps > 1000) {
            return;
        }
        branch_step(&there, there_ram);
    } while (there.pc >= range.start && there.pc < range.end);
    assert_int_equal(timeline_step_range_diversion(walk->session.timeline, &range, &stop, NULL), 0);
    assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
    *cpu = there;
    memcpy(ram, there_ram, TOY_RAM_SIZE);
}

/* Changes something, goes on in the branch for some steps, and leaves it to the next move, or not,
 * to drop it. */
static void divert(struct walk *walk)
{
    static uint8_t ram[TOY_RAM_SIZE];
    struct timeline *timeline = walk->session.timeline;
    struct toy_cpu cpu;
    uint64_t value = fixture_random(&walk->random) | 1, address = below(walk, TOY_RAM_SIZE - 8);
    unsigned reg = 1 + (unsigned)below(walk, TOY_GENERAL - 1);
    struct timeline_stop stop;

    assert_int_equal(timeline_read_registers(timeline, (uint8_t *)&cpu, NULL), 0);
    assert_int_equal(timeline_read_memory(timeline, 0, ram, sizeof(ram), NULL), TOY_RAM_SIZE);
    memcpy(ram + address, &value, 8);
    cpu.general[reg] = value;
    assert_int_equal(timeline_write_memory(timeline, address, (uint8_t *)&value, 8, NULL), 0);
    assert_int_equal(timeline_write_register(timeline, reg, (uint8_t *)&value, 8, NULL), 0);
    check_branch(walk, &cpu, ram);
    /* The breakpoints are in force in the branch too, but here it is only stepped. */
    timeline_clear_breakpoints(timeline);
    walk->session.model.breakpoint_count = 0;
    for (uint64_t steps = below(walk, 30); steps && cpu.general[0]; steps--) {
        assert_int_equal(timeline_resume_diversion(timeline, true, &stop, NULL), 0);
        assert_int_equal(stop.reason, TIMELINE_STOP_STEP);
        branch_step(&cpu, ram);
    }
    check_branch(walk, &cpu, ram);
    branch_step_range(walk, &cpu, ram);
    check_branch(walk, &cpu, ram);
    if (below(walk, 2)) {
        assert_int_equal(timeline_drop_diversion(timeline, NULL), 0);
        session_check_state(&walk->session);
    }
}

/* The same backward once more, with what the timeline remembers of the first time: from the same
 * position, or another one, to the same end or another one. */
static void ask_again(struct walk *walk)
{
    uint64_t here = walk->session.model.position;
    uint64_t limit = below(walk, 2) ? some_position(walk) : 0;

    for (uint64_t times = 1 + below(walk, 3); times; times--) {
        session_move(&walk->session, MOVE_BACKWARD,
                     limit < walk->session.model.position ? limit : 0);
        session_move(&walk->session, MOVE_SEEK, below(walk, 3) ? here : some_position(walk));
        limit = below(walk, 3) ? limit : some_position(walk);
    }
}

static void kill_somebody(struct walk *walk)
{
    int pid = timeline_worker_pid(walk->session.timeline, (unsigned)below(walk, walk->workers));

    if (pid > 0) {
        kill(pid, SIGKILL);
    }
}

/* Around the PC or not, sometimes all the addresses that there are. */
static void step_range(struct walk *walk)
{
    uint64_t pc = walk->session.history->states[walk->session.model.position].pc;
    uint64_t before = below(walk, 400);
    struct timeline_range range = {.start = pc > before ? pc - before : 0,
                                   .end = pc + below(walk, 400)};

    if (below(walk, 4) == 0) {
        range = (struct timeline_range){.end = below(walk, 2) ? pc : UINT64_MAX};
    }
    session_step_range(&walk->session, &range);
}

static void one_move(struct walk *walk)
{
    uint64_t here = walk->session.model.position;
    uint64_t limit = below(walk, 3) ? some_position(walk) : 0;

    if (walk->kill_one_in && below(walk, walk->kill_one_in) == 0) {
        kill_somebody(walk);
    }
    switch (below(walk, 19)) {
    case 0:
    case 1:
        session_move(&walk->session, MOVE_SEEK, some_position(walk));
        break;
    case 2 ... 4:
        session_move(&walk->session, MOVE_FORWARD, limit > here ? limit : UINT64_MAX);
        break;
    case 5 ... 8:
        session_move(&walk->session, MOVE_BACKWARD, limit < here ? limit : 0);
        break;
    case 9 ... 10:
        session_move(&walk->session, MOVE_STEP, 0);
        break;
    case 11 ... 13:
        session_move(&walk->session, MOVE_REVERSE_STEP, 0);
        break;
    case 14 ... 15:
        step_range(walk);
        break;
    case 16:
        change_breakpoints(walk);
        break;
    case 17:
        ask_again(walk);
        break;
    default:
        if (below(walk, 4) == 0) {
            divert(walk);
        } else {
            change_breakpoints(walk);
        }
        break;
    }
}

static void check_budget(struct walk *walk, const struct timeline_options *options)
{
    struct timeline_stats stats;

    timeline_stats(walk->session.timeline, &stats);
    assert_true(stats.checkpoints >= 1);
    /* What workers hold themselves does not count as checkpoints, but is in the same store. */
    if (stats.checkpoints > 1 + CHECKPOINT_SET_KEPT) {
        assert_true(stats.memory_used <= options->memory_budget + TOY_RAM_SIZE);
    }
}

/* An even seed is a walk with page sets. */
static void walk(uint64_t seed, unsigned moves, unsigned kill_one_in,
                 struct timeline_options options)
{
    struct toy_history_options history = {.seed = seed, .length = HISTORY_LENGTH};
    struct walk walk = {.random = seed, .kill_one_in = kill_one_in, .workers = options.workers};

    walk.session = (struct toy_session){.directory = fixture_directory()};
    session_make(&walk.session, &history);
    if (seed % 2 == 0) {
        toy_pages_write(walk.session.history, walk.session.directory, seed, 20);
    }
    session_open_made(&walk.session, options);
    assert_true(walk.session.history->resets > 0);
    assert_true(walk.session.history->keyframes > 2);
    session_check_state(&walk.session);
    for (walk.moves = 0; walk.moves < moves; walk.moves++) {
        one_move(&walk);
        check_budget(&walk, &options);
    }
    session_close(&walk.session);
}

#define ROOMY (256u << 20)
#define TIGHT (700u << 10)

static void test_one_worker(void **state)
{
    (void)state;
    walk(1, 1500, 0,
         (struct timeline_options){.workers = 1, .memory_budget = ROOMY, .checkpoint_every = 1000});
    walk(2, 1000, 0,
         (struct timeline_options){.workers = 1, .memory_budget = ROOMY, .checkpoint_every = 300});
}

static void test_three_workers(void **state)
{
    (void)state;
    walk(3, 1500, 0,
         (struct timeline_options){.workers = 3, .memory_budget = ROOMY, .checkpoint_every = 300});
    walk(10, 1500, 0,
         (struct timeline_options){.workers = 3, .memory_budget = ROOMY, .checkpoint_every = 300});
}

static void test_little_memory(void **state)
{
    (void)state;
    walk(4, 700, 0,
         (struct timeline_options){.workers = 1, .memory_budget = TIGHT, .checkpoint_every = 500});
    walk(5, 700, 0,
         (struct timeline_options){.workers = 3, .memory_budget = TIGHT, .checkpoint_every = 200});
}

/* Checkpoints that are far apart: keyframes of the recording are the better start. */
static void test_keyframes(void **state)
{
    (void)state;
    walk(6, 400, 0,
         (struct timeline_options){.workers = 1, .memory_budget = 1, .checkpoint_every = 400});
}

static void test_killed_workers(void **state)
{
    (void)state;
    walk(7, 500, 8,
         (struct timeline_options){.workers = 1, .memory_budget = ROOMY, .checkpoint_every = 1000});
    walk(8, 500, 8,
         (struct timeline_options){.workers = 3, .memory_budget = ROOMY, .checkpoint_every = 300});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_worker),     cmocka_unit_test(test_three_workers),
        cmocka_unit_test(test_little_memory),  cmocka_unit_test(test_keyframes),
        cmocka_unit_test(test_killed_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
