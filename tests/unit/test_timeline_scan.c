/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scans parts of a toy history at random, between moves, and compares all rows with brute force:
 * what happens at each position, one by one.
 */
#include "recording_fixture.h"
#include "log/format.h"
#include "replay/timeline/scan.h"
#include "toy_pages.h"
#include "toy_session.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_LENGTH 30000u
#define ROWS_MAX 400000u

struct row {
    uint64_t position;
    uint32_t kind;
    uint64_t data_address, data_length; /* watchpoints */
    uint64_t general;                   /* the CPU's register 0, but in the middle of something */
    bool by_reset;
};

struct rows {
    struct row list[ROWS_MAX];
    size_t count;
};

struct walk {
    struct toy_session session;
    uint64_t random;
    unsigned workers, kill_one_in;
    struct rows expected, got;
    size_t enough;  /* the callback says so then; 0: never */
    size_t kill_at; /* it kills a worker then; 0: never */
};

static uint64_t below(struct walk *walk, uint64_t n)
{
    return fixture_random(&walk->random) % n;
}

static void add(struct rows *rows, struct row row)
{
    assert_true(rows->count < ROWS_MAX);
    rows->list[rows->count++] = row;
}

/* What brute force expects. */

static bool kind_fits(const struct model_breakpoint *watch, bool write)
{
    return watch->kind == TIMELINE_WATCH_ACCESS ||
           watch->kind == (write ? TIMELINE_WATCH_WRITE : TIMELINE_WATCH_READ);
}

static int compare_breakpoints(const void *a, const void *b)
{
    const struct model_breakpoint *left = a, *right = b;

    if (left->address != right->address) {
        return left->address < right->address ? -1 : 1;
    }
    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    return left->length < right->length ? -1 : left->length > right->length;
}

/* Rows of an access, in the order of the set. */
static void expect_access(struct walk *walk, const struct toy_access *access)
{
    const struct model *model = &walk->session.model;
    bool reset = false;

    for (size_t i = 0; i < model->breakpoint_count && !reset; i++) {
        const struct model_breakpoint *watch = &model->breakpoints[i];
        uint64_t first = access->address > watch->address ? access->address : watch->address;
        uint64_t end = access->address + access->length, watched = watch->address + watch->length;

        if (watch->kind != TIMELINE_BREAK_EXECUTE && kind_fits(watch, access->write) &&
            first < end && first < watched) {
            add(&walk->expected,
                (struct row){.position = access->position,
                             .kind = watch->kind,
                             .data_address = first,
                             .data_length = (end < watched ? end : watched) - first,
                             .by_reset = access->by_reset});
            reset = access->by_reset; /* of which one row tells */
        }
    }
}

static void expect_accesses(struct walk *walk, uint64_t position, bool reaching)
{
    const struct toy_history *history = walk->session.history;
    bool reset = false;

    for (size_t i = history->first_access[position]; i < history->first_access[position + 1]; i++) {
        const struct toy_access *access = &history->accesses[i];
        size_t before = walk->expected.count;

        if ((access->by_device && !access->nested) == reaching && !(reset && access->by_reset)) {
            expect_access(walk, access);
            reset |= access->by_reset && walk->expected.count > before;
        }
    }
}

/* The breakpoints alone, since the model's function is about moves. */
static bool stands_on_breakpoint(const struct walk *walk, uint64_t position)
{
    const struct toy_cpu *cpu = &walk->session.history->states[position];
    const struct model *model = &walk->session.model;

    for (size_t i = 0; i < model->breakpoint_count; i++) {
        const struct model_breakpoint *breakpoint = &model->breakpoints[i];

        if (breakpoint->kind == TIMELINE_BREAK_EXECUTE && breakpoint->address == cpu->pc &&
            (cpu->general[breakpoint->reg] & breakpoint->mask) == breakpoint->bits) {
            return true;
        }
    }
    return false;
}

/* An interrupt was entered in front of the instruction there. */
static bool was_entered(const struct walk *walk, uint64_t position)
{
    const struct toy_cpu *now = &walk->session.history->states[position];
    struct toy_cpu before = walk->session.history->states[position - 1];
    struct toy_instruction instruction;

    toy_decode(&before, &instruction);
    return now->in_handler && (!before.in_handler || instruction.kind == TOY_RETURN);
}

static void expect_position(struct walk *walk, const struct timeline_scan *scan, uint64_t position)
{
    const struct toy_history *history = walk->session.history;
    struct row row = {.position = position, .general = history->states[position].general[0]};

    if (position > 0) {
        expect_accesses(walk, position, true);
        if (scan->exceptions && was_entered(walk, position)) {
            row.kind = TIMELINE_ROW_EXCEPTION;
            add(&walk->expected, row);
        }
        if (scan->sample_every && position % scan->sample_every == 0) {
            row.kind = TIMELINE_ROW_SAMPLE;
            add(&walk->expected, row);
        }
    }
    if (position == history->length) {
        return;
    }
    if (stands_on_breakpoint(walk, position)) {
        row.kind = TIMELINE_ROW_EXECUTE;
        add(&walk->expected, row);
    }
    expect_accesses(walk, position, false);
}

static void expect(struct walk *walk, const struct timeline_scan *scan)
{
    const struct toy_history *history = walk->session.history;
    struct model *model = &walk->session.model;

    qsort(model->breakpoints, model->breakpoint_count, sizeof(model->breakpoints[0]),
          compare_breakpoints);
    walk->expected.count = 0;
    for (uint64_t position = scan->from; position < scan->to; position++) {
        expect_position(walk, scan, position);
    }
    if (scan->to == history->length) {
        expect_position(walk, scan, scan->to);
    }
}

/* What there is. */

static void kill_somebody(struct walk *walk)
{
    int pid = timeline_worker_pid(walk->session.timeline, (unsigned)below(walk, walk->workers));

    if (pid > 0) {
        kill(pid, SIGKILL);
    }
}

static int note(void *opaque, const struct timeline_row *row)
{
    struct walk *walk = opaque;

    add(&walk->got, (struct row){.position = row->position,
                                 .kind = row->kind,
                                 .data_address = row->data_address,
                                 .data_length = row->data_length,
                                 .general = row->register_count ? row->registers[0] : 0,
                                 .by_reset = row->by_reset});
    if (walk->got.count == walk->kill_at) {
        kill_somebody(walk);
    }
    return walk->enough && walk->got.count >= walk->enough;
}

static bool is_watch(const struct row *row)
{
    return row->kind != TIMELINE_ROW_EXECUTE && row->kind != TIMELINE_ROW_EXCEPTION &&
           row->kind != TIMELINE_ROW_SAMPLE;
}

static void check_row(const struct walk *walk, size_t i)
{
    const struct row *got = &walk->got.list[i], *expected = &walk->expected.list[i];

    if (got->position != expected->position || got->kind != expected->kind ||
        got->by_reset != expected->by_reset) {
        fail_msg("row %zu is of kind %u at %llu, not %u at %llu", i, got->kind,
                 (unsigned long long)got->position, expected->kind,
                 (unsigned long long)expected->position);
    }
    if (is_watch(got) && !got->by_reset) {
        assert_int_equal(got->data_address, expected->data_address);
        assert_int_equal(got->data_length, expected->data_length);
    } else if (!got->by_reset) {
        assert_int_equal(got->general, expected->general);
    }
}

/* How many rows there should be of as many as the scan wants. */
static size_t bounded(const struct walk *walk, uint64_t most)
{
    size_t count = (size_t)most;

    if (!most || walk->expected.count <= most) {
        return walk->expected.count;
    }
    while (count < walk->expected.count &&
           walk->expected.list[count].position == walk->expected.list[count - 1].position) {
        count++;
    }
    return count;
}

static void scan_and_compare(struct walk *walk, struct timeline_scan scan)
{
    struct timeline_scan_result result;
    struct ebb_error error = {0};
    size_t count;

    scan.registers = 1;
    scan.row = note;
    scan.opaque = walk;
    walk->got.count = 0;
    expect(walk, &scan);
    if (timeline_scan(walk->session.timeline, &scan, &result, &error)) {
        fail_msg("%s", error.message);
    }
    count = bounded(walk, scan.most);
    if (walk->got.count != count) {
        fail_msg("%zu rows from %llu to %llu, not %zu", walk->got.count,
                 (unsigned long long)scan.from, (unsigned long long)scan.to, count);
    }
    for (size_t i = 0; i < count; i++) {
        check_row(walk, i);
    }
    assert_int_equal(result.reason, TIMELINE_STOP_STEP);
    assert_int_equal(result.rows, count);
    assert_int_equal(result.ended, count < walk->expected.count);
    assert_int_equal(result.until, result.ended ? walk->got.list[count - 1].position + 1 : scan.to);
    session_check_state(&walk->session);
}

static void scan_something(struct walk *walk)
{
    uint64_t a = below(walk, HISTORY_LENGTH + 1), b = below(walk, HISTORY_LENGTH + 1);
    struct timeline_scan scan = {
        .from = below(walk, 3) ? (a < b ? a : b) : 0,
        .to = below(walk, 3) ? (a < b ? b : a) : HISTORY_LENGTH,
        .most = below(walk, 3) ? 0 : 1 + below(walk, 300),
        .exceptions = below(walk, 2),
        .sample_every = below(walk, 3) ? 0 : 1 + below(walk, 500),
    };

    if (scan.from < scan.to) {
        scan_and_compare(walk, scan);
    }
}

static void add_something(struct walk *walk)
{
    const struct toy_history *history = walk->session.history;
    const struct toy_access *access = &history->accesses[below(walk, history->access_count)];
    uint64_t kind = 1 + below(walk, 4);

    if (walk->session.model.breakpoint_count == MODEL_BREAKPOINTS) {
        return;
    }
    if (kind == TIMELINE_BREAK_EXECUTE) {
        session_add(&walk->session, TIMELINE_BREAK_EXECUTE,
                    history->states[below(walk, HISTORY_LENGTH)].pc, 0);
    } else {
        session_add(&walk->session, (enum timeline_breakpoint_kind)kind,
                    access->address + below(walk, access->length), 1 + below(walk, 8));
    }
}

static void change_something(struct walk *walk)
{
    size_t count = walk->session.model.breakpoint_count, number = count ? below(walk, count) : 0;
    uint8_t mask = (uint8_t)below(walk, 4);

    if (count > below(walk, 8)) {
        session_remove(&walk->session, number);
    } else if (count && below(walk, 2) &&
               walk->session.model.breakpoints[number].kind == TIMELINE_BREAK_EXECUTE) {
        session_set_condition(&walk->session, number, (uint8_t)below(walk, TOY_GENERAL), mask,
                              (uint8_t)below(walk, 4) & mask);
    } else {
        add_something(walk);
    }
}

static void one_move(struct walk *walk)
{
    walk->kill_at = 0;
    if (walk->kill_one_in && below(walk, walk->kill_one_in) == 0) {
        walk->kill_at = below(walk, 3) ? 1 + below(walk, 1000) : 0;
        if (!walk->kill_at) {
            kill_somebody(walk);
        }
    }
    switch (below(walk, 6)) {
    case 0:
        session_move(&walk->session, MOVE_SEEK, below(walk, HISTORY_LENGTH + 1));
        break;
    case 1:
        session_move(&walk->session, below(walk, 2) ? MOVE_FORWARD : MOVE_BACKWARD,
                     below(walk, 2) ? UINT64_MAX : 0);
        break;
    case 2 ... 3:
        change_something(walk);
        break;
    default:
        scan_something(walk);
        break;
    }
}

/* An even seed is a walk with page sets. */
static struct walk *begin(uint64_t seed, struct timeline_options options)
{
    struct toy_history_options history = {.seed = seed, .length = HISTORY_LENGTH};
    struct walk *walk = calloc(1, sizeof(*walk));

    assert_non_null(walk);
    walk->random = seed;
    walk->workers = options.workers;
    walk->session = (struct toy_session){.directory = fixture_directory()};
    session_make(&walk->session, &history);
    if (seed % 2 == 0) {
        toy_pages_write(walk->session.history, walk->session.directory, seed, 20);
    }
    session_open_made(&walk->session, options);
    assert_true(walk->session.history->resets > 0);
    return walk;
}

static void end(struct walk *walk)
{
    session_close(&walk->session);
    free(walk);
}

static void walk(uint64_t seed, unsigned moves, unsigned kill_one_in,
                 struct timeline_options options)
{
    struct walk *walk = begin(seed, options);

    walk->kill_one_in = kill_one_in;
    while (moves--) {
        one_move(walk);
    }
    end(walk);
}

static void test_one_worker(void **state)
{
    (void)state;
    walk(1, 400, 0, (struct timeline_options){.workers = 1, .checkpoint_every = 1000});
    walk(6, 400, 0, (struct timeline_options){.workers = 1, .checkpoint_every = 1000});
}

static void test_three_workers(void **state)
{
    (void)state;
    walk(2, 400, 0, (struct timeline_options){.workers = 3, .checkpoint_every = 300});
}

static void test_keyframes_only(void **state)
{
    (void)state;
    walk(3, 200, 0,
         (struct timeline_options){.workers = 3, .memory_budget = 1, .checkpoint_every = 400});
}

static void test_killed_workers(void **state)
{
    (void)state;
    walk(4, 300, 6, (struct timeline_options){.workers = 1, .checkpoint_every = 1000});
    walk(5, 300, 6, (struct timeline_options){.workers = 3, .checkpoint_every = 300});
}

/* The callback has enough; another scan goes on where that one has ended. */
static void test_going_on(void **state)
{
    struct walk *walk = begin(6, (struct timeline_options){.workers = 2, .checkpoint_every = 300});
    struct timeline_scan scan = {.to = HISTORY_LENGTH,
                                 .sample_every = 7,
                                 .exceptions = true,
                                 .registers = 1,
                                 .row = note,
                                 .opaque = walk};
    struct timeline_scan_result result;
    size_t count;

    (void)state;
    add_something(walk);
    expect(walk, &scan);
    walk->enough = 1000;
    assert_int_equal(timeline_scan(walk->session.timeline, &scan, &result, NULL), 0);
    assert_true(result.ended);
    assert_int_equal(walk->got.count, 1000);
    /* The row's position may have more. */
    while (walk->got.list[walk->got.count - 1].position == result.until) {
        walk->got.count--;
    }
    count = walk->got.count;
    walk->enough = 0;
    scan.from = result.until;
    assert_int_equal(timeline_scan(walk->session.timeline, &scan, &result, NULL), 0);
    assert_false(result.ended);
    assert_true(walk->got.count > count);
    assert_int_equal(walk->got.count, walk->expected.count);
    for (size_t i = 0; i < walk->got.count; i++) {
        check_row(walk, i);
    }
    end(walk);
}

/* Once, or the next scan would be interrupted, too. */
static int interrupt(void *opaque, const struct timeline_row *row)
{
    struct walk *walk = opaque;

    (void)row;
    if (walk->got.count++ == 0) {
        timeline_interrupt(walk->session.timeline);
    }
    return 0;
}

static void test_interrupted(void **state)
{
    struct walk *walk = begin(7, (struct timeline_options){.workers = 2, .checkpoint_every = 300});
    struct timeline *timeline = walk->session.timeline;
    struct timeline_scan scan = {
        .to = HISTORY_LENGTH, .sample_every = 1, .row = interrupt, .opaque = walk};
    struct timeline_scan_result result;

    (void)state;
    assert_int_equal(timeline_scan(timeline, &scan, &result, NULL), 0);
    assert_int_equal(result.reason, TIMELINE_STOP_INTERRUPTED);
    assert_true(result.until < HISTORY_LENGTH);
    session_check_state(&walk->session);
    scan_and_compare(walk, (struct timeline_scan){.to = HISTORY_LENGTH, .sample_every = 100});
    end(walk);
}

static uint64_t scan_and_count(struct walk *walk)
{
    struct timeline *timeline = walk->session.timeline;
    struct timeline_scan scan = {.to = HISTORY_LENGTH, .row = note, .opaque = walk};
    struct timeline_stats before, after;
    struct timeline_scan_result result;

    timeline_stats(timeline, &before);
    assert_int_equal(timeline_scan(timeline, &scan, &result, NULL), 0);
    assert_int_equal(result.reason, TIMELINE_STOP_STEP);
    assert_int_equal(result.rows, 0);
    assert_int_equal(result.until, HISTORY_LENGTH);
    timeline_stats(timeline, &after);
    return after.instructions_replayed - before.instructions_replayed;
}

/* A scan for what nobody touches replays nothing, where that is known. */
static void test_page_sets(void **state)
{
    const struct timeline_options options = {.workers = 1, .checkpoint_every = 1000};
    uint64_t replayed[2];

    (void)state;
    for (unsigned with = 0; with < 2; with++) {
        struct walk *walk = calloc(1, sizeof(*walk));

        assert_non_null(walk);
        walk->session = (struct toy_session){.directory = fixture_directory()};
        session_make(&walk->session,
                     &(struct toy_history_options){.seed = 9, .length = HISTORY_LENGTH});
        if (with) {
            toy_pages_write(walk->session.history, walk->session.directory, 9, 0);
        }
        session_open_made(&walk->session, options);
        session_add(&walk->session, TIMELINE_WATCH_READ, TOY_DEVICE - 0x1000, 8);
        replayed[with] = scan_and_count(walk);
        end(walk);
    }
    assert_true(replayed[0] >= HISTORY_LENGTH);
    assert_int_equal(replayed[1], 0);
}

/* Rows come up to where replay and log disagree. */
static void test_divergence(void **state)
{
    struct toy_history_options history = {
        .seed = 8, .length = HISTORY_LENGTH, .wrong_at = HISTORY_LENGTH / 2};
    struct walk *walk = calloc(1, sizeof(*walk));
    struct timeline_scan scan = {
        .to = HISTORY_LENGTH, .sample_every = 10, .row = note, .opaque = walk};
    struct timeline_scan_result result;
    uint64_t wrong;

    (void)state;
    assert_non_null(walk);
    session_open(&walk->session, &history,
                 (struct timeline_options){.workers = 2, .checkpoint_every = 300});
    wrong = walk->session.history->wrong_position;
    assert_int_equal(timeline_scan(walk->session.timeline, &scan, &result, NULL), 0);
    assert_int_equal(result.reason, TIMELINE_STOP_DIVERGED);
    assert_int_equal(result.until, wrong);
    assert_non_null(result.report);
    assert_int_equal(walk->got.count, wrong / 10);
    end(walk);
}

/* An interval whose keyframe is damaged is reached from an earlier one, over what happens on
 * reaching its first position. */
static void test_damaged_keyframe(void **state)
{
    struct toy_history_options history = {.seed = 10, .length = HISTORY_LENGTH};
    struct walk *walk = calloc(1, sizeof(*walk));

    (void)state;
    assert_non_null(walk);
    walk->session = (struct toy_session){.directory = fixture_directory()};
    session_make(&walk->session, &history);
    fixture_damage(walk->session.directory, EBB_BLOCK_KEYFRAME, 4, false, NULL);
    session_open_made(
        &walk->session,
        (struct timeline_options){.workers = 2, .memory_budget = 1, .checkpoint_every = 300});
    for (uint64_t from = 0; from < HISTORY_LENGTH; from += 3000) {
        scan_and_compare(
            walk, (struct timeline_scan){
                      .from = from, .to = HISTORY_LENGTH, .sample_every = 1, .exceptions = true});
    }
    end(walk);
}

static void test_no_part(void **state)
{
    struct walk *walk = begin(9, (struct timeline_options){.workers = 1, .checkpoint_every = 300});
    struct timeline_scan_result result;
    struct ebb_error error = {0};

    (void)state;
    assert_int_equal(timeline_scan(walk->session.timeline,
                                   &(struct timeline_scan){.from = 5, .to = 5}, &result, &error),
                     -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    assert_int_equal(timeline_scan(walk->session.timeline,
                                   &(struct timeline_scan){.to = HISTORY_LENGTH + 1}, &result,
                                   &error),
                     -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    end(walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_worker),     cmocka_unit_test(test_three_workers),
        cmocka_unit_test(test_keyframes_only), cmocka_unit_test(test_killed_workers),
        cmocka_unit_test(test_going_on),       cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_page_sets),      cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_no_part),        cmocka_unit_test(test_damaged_keyframe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
