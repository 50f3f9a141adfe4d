/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of a log with counts: exact positions in their place, or none at all. */
#include "log/index_writer.h"
#include "recording_fixture.h"

#include "log/format.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = fixture_directory();
    return 0;
}

/* Fails if more than a recording is left in the directory. */
static int teardown(void **state)
{
    fixture_remove(*state);
    return 0;
}

/* A recording of BLOCKS blocks of BLOCK events, a keyframe before each; the last event is the end.
 */
enum { BLOCKS = 5, BLOCK = 12, EVENTS = BLOCKS * BLOCK };

/* The count that the log has, and the position that the event really had. */
static uint64_t count_of(uint64_t number)
{
    return number / 4 * 100;
}

static uint64_t position_of(uint64_t number)
{
    return number / 4 * 103 + number % 4 * 11 + number / BLOCK;
}

static uint64_t keyframe_position(uint64_t keyframe)
{
    return position_of(keyframe * BLOCK);
}

static struct ebb_event make_event(uint64_t number, uint8_t data[16])
{
    static const uint32_t kinds[] = {EBB_EVENT_ANCHOR, EBB_EVENT_INTERRUPT_LINE,
                                     EBB_EVENT_HYPERCALL, EBB_EVENT_MMIO_READ};
    static const uint32_t lengths[] = {8, 0, 16, 0};
    struct ebb_event event = {.position = count_of(number), .kind = kinds[number % 4]};

    event.address = number * 8;
    event.value = number % 3;
    event.size = event.kind == EBB_EVENT_MMIO_READ ? 4 : 0;
    event.data_length = lengths[number % 4];
    if (number == EVENTS - 1) {
        event.kind = EBB_EVENT_END;
        event.size = 0;
        event.data_length = 16;
    }
    memset(data, (int)number, 16);
    event.data = event.data_length ? data : NULL;
    return event;
}

static void write_log(const char *directory, uint64_t events)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(directory, EBB_LOG_COUNTS, NULL);
    uint64_t n, number;
    uint8_t data[16];

    assert_non_null(writer);
    for (n = 0; n < events; n++) {
        struct ebb_event event = make_event(n, data);

        if (n % BLOCK == 0) {
            assert_int_equal(ebb_keyframe_begin(writer, count_of(n), &number, NULL), 0);
            assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), 0);
        }
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    }
    fixture_close(writer);
}

static struct ebb_log *open_unresolved(const char *directory)
{
    struct ebb_log *log = ebb_log_open_unresolved(directory, NULL);

    assert_non_null(log);
    return log;
}

/* Writes an index for the first `events` events and the keyframes that are reached before them. */
static void write_index(const char *directory, uint64_t events, const char *problem)
{
    struct ebb_log *log = open_unresolved(directory);
    struct ebb_index_writer *writer = ebb_index_writer_create(log, NULL);
    uint64_t n, position, end = events ? position_of(events - 1) : 0;

    assert_non_null(writer);
    for (n = 0; n < events; n++) {
        position = position_of(n);
        assert_int_equal(ebb_index_add_events(writer, &position, 1, NULL), 0);
    }
    for (n = 0; n < BLOCKS && n * BLOCK <= events; n++) {
        position = keyframe_position(n);
        if (n * BLOCK == events && position > end) {
            break; /* not reached */
        }
        assert_int_equal(ebb_index_add_keyframe(writer, position, NULL), 0);
    }
    for (n = 1; n < 4; n++) {
        assert_int_equal(ebb_index_add_exclusive_clear(writer, n * 333, NULL), 0);
    }
    assert_int_equal(ebb_index_commit(writer, end, problem, NULL), 0);
    ebb_index_writer_free(writer);
    ebb_log_close(log);
}

/* Everything a resolved log says about its first `events` events. */
static void expect_resolved(const struct ebb_log *log, uint64_t events)
{
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_event event, expected;
    uint8_t data[16];
    uint64_t n;

    for (n = 0; n < events; n++) {
        expected = make_event(n, data);
        expected.position = position_of(n);
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        fixture_assert_same(&event, &expected);
    }
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 0);
    assert_int_equal(ebb_cursor_event_number(cursor), events);
    for (n = events; n-- > 0;) {
        /* Positions of these events are all different. */
        assert_int_equal(ebb_cursor_seek_position(cursor, position_of(n), NULL), 0);
        assert_int_equal(ebb_cursor_event_number(cursor), n);
        assert_int_equal(ebb_cursor_seek_position(cursor, position_of(n) + 1, NULL), 0);
        assert_int_equal(ebb_cursor_event_number(cursor), n + 1);
        assert_int_equal(ebb_cursor_seek_event(cursor, n, NULL), 0);
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        assert_int_equal(event.position, position_of(n));
    }
    assert_int_equal(ebb_cursor_seek_event(cursor, events, NULL), 0);
    assert_int_equal(ebb_cursor_seek_event(cursor, events + 1, NULL), -1);
    ebb_cursor_free(cursor);
}

/* A log that has an index which is not used: it gives counts, and tells why. */
static void expect_ignored(const char *directory, const char *reason)
{
    struct ebb_log *log = fixture_open(directory);
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_event event;
    size_t count;

    ebb_log_summary(log, &summary);
    assert_true(summary.counts);
    assert_false(summary.resolved);
    assert_non_null(ebb_log_index_problem(log));
    if (!strstr(ebb_log_index_problem(log), reason)) {
        fail_msg("%s", ebb_log_index_problem(log));
    }
    assert_null(ebb_log_problem(log));
    assert_null(ebb_log_exclusive_clears(log, &count));
    assert_int_equal(count, 0);
    assert_int_equal(ebb_cursor_seek_event(cursor, 9, NULL), 0);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    assert_int_equal(event.position, count_of(9));
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void test_whole(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_keyframe keyframe;
    const uint64_t *clears;
    struct ebb_log *log;
    size_t count, k;

    write_log(*state, EVENTS);
    write_index(*state, EVENTS, NULL);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.counts);
    assert_true(summary.resolved);
    assert_true(summary.complete);
    assert_int_equal(summary.event_count, EVENTS);
    assert_int_equal(summary.keyframe_count, BLOCKS);
    assert_int_equal(summary.end_position, position_of(EVENTS - 1));
    assert_null(ebb_log_problem(log));
    assert_null(ebb_log_index_problem(log));
    expect_resolved(log, EVENTS);
    for (k = 0; k < BLOCKS; k++) {
        assert_int_equal(ebb_log_keyframe(log, k, &keyframe, NULL), 0);
        assert_int_equal(keyframe.position, keyframe_position(k));
        assert_int_equal(keyframe.event_number, k * BLOCK);
    }
    clears = ebb_log_exclusive_clears(log, &count);
    assert_int_equal(count, 3);
    for (k = 0; k < 3; k++) {
        assert_int_equal(clears[k], (k + 1) * 333);
    }
    ebb_log_close(log);
}

static void test_unresolved(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_log *log;
    int indexed;

    write_log(*state, EVENTS);
    for (indexed = 0; indexed < 2; indexed++) {
        log = indexed ? open_unresolved(*state) : fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_true(summary.counts);
        assert_false(summary.resolved);
        assert_int_equal(summary.end_position, count_of(EVENTS - 1));
        assert_null(ebb_log_index_problem(log));
        ebb_log_close(log);
        write_index(*state, EVENTS, NULL);
    }
}

/* Resolving may end at any event; the log ends there. */
static void test_ends_early(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint64_t n, k;

    write_log(*state, EVENTS);
    for (n = 0; n < EVENTS; n++) {
        write_index(*state, n, "event is\nnowhere to be found \x1b[31m");
        log = fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_true(summary.resolved);
        assert_false(summary.complete);
        assert_int_equal(summary.event_count, n);
        assert_int_equal(summary.end_position, n ? position_of(n - 1) : 0);
        assert_string_equal(ebb_log_problem(log), "event is\nnowhere to be found ?[31m");
        for (k = 0; k < summary.keyframe_count; k++) {
            struct ebb_keyframe keyframe;

            assert_int_equal(ebb_log_keyframe(log, k, &keyframe, NULL), 0);
            assert_in_range(keyframe.position, 0, summary.end_position);
            assert_in_range(keyframe.event_number, 0, n);
        }
        assert_in_range(summary.keyframe_count, (n + BLOCK - 1) / BLOCK, n / BLOCK + 1);
        expect_resolved(log, n);
        ebb_log_close(log);
    }
}

/* A problem is cut at its limit. */
static void test_long_problem(void **state)
{
    char *problem = malloc(EBB_MAX_PROBLEM + 100);
    struct ebb_log *log;

    assert_non_null(problem);
    memset(problem, 'x', EBB_MAX_PROBLEM + 99);
    problem[EBB_MAX_PROBLEM + 99] = 0;
    write_log(*state, EVENTS);
    write_index(*state, 30, problem);
    log = fixture_open(*state);
    assert_int_equal(strlen(ebb_log_problem(log)), EBB_MAX_PROBLEM);
    ebb_log_close(log);
    free(problem);
}

/* An index is for one recording in one state: not for another one, one that grew or was cut off. */
static void test_does_not_fit(void **state)
{
    uint8_t *index, *bytes;
    size_t index_size, size;

    write_log(*state, EVENTS);
    write_index(*state, EVENTS, NULL);
    bytes = fixture_read(*state, "log", &size);
    fixture_write(*state, "log", bytes, size - 1);
    expect_ignored(*state, "does not fit the log");
    fixture_write(*state, "log", bytes, size);
    free(bytes);
    bytes = fixture_read(*state, "keyframes", &size);
    fixture_write(*state, "keyframes", bytes, size - 1);
    expect_ignored(*state, "does not fit the log");
    free(bytes);

    index = fixture_read(*state, "index", &index_size);
    fixture_remove(*state);
    *state = fixture_directory();
    write_log(*state, EVENTS);
    fixture_write(*state, "index", index, index_size);
    expect_ignored(*state, "belongs to another recording");
    free(index);
}

/* One for a recording that is written still fits until there is more. */
static void test_grows(void **state)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, EBB_LOG_COUNTS, NULL);
    uint8_t data[16];
    uint64_t n, number;

    assert_non_null(writer);
    for (n = 0; n < 2 * BLOCK; n++) {
        struct ebb_event event = make_event(n, data);

        if (n % BLOCK == 0) {
            assert_int_equal(ebb_keyframe_begin(writer, count_of(n), &number, NULL), 0);
            assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), 0);
            fixture_flush(writer);
        }
        if (n == BLOCK) {
            struct ebb_log *log;

            write_index(*state, BLOCK, "the rest is not there yet");
            log = fixture_open(*state);
            expect_resolved(log, BLOCK);
            ebb_log_close(log);
        }
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    }
    fixture_flush(writer);
    expect_ignored(*state, "does not fit the log");
    fixture_close(writer);
}

static void test_damaged(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    uint8_t *bytes;
    size_t size, i;

    write_log(*state, EVENTS);
    write_index(*state, EVENTS, NULL);
    bytes = fixture_read(*state, "index", &size);
    for (i = 0; i < size; i++) {
        bytes[i] ^= changes[i % 3];
        fixture_write(*state, "index", bytes, size);
        bytes[i] ^= changes[i % 3];
        expect_ignored(*state, "/index");
    }
    for (i = 0; i < size; i++) {
        fixture_write(*state, "index", bytes, i);
        expect_ignored(*state, "/index");
    }
    /* Something behind its end, and something that is no file. */
    bytes[size] = 0;
    fixture_write(*state, "index", bytes, size + 1);
    expect_ignored(*state, "/index");
    fixture_write(*state, "index", bytes, size);
    write_index(*state, EVENTS, NULL);
    free(bytes);
}

/* Positions that lie, under checksums that fit. */
static void test_forged(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_block block;
    struct ebb_event event;
    struct ebb_error error;
    struct ebb_log *log;
    uint8_t *bytes, *header;
    uint64_t id;
    size_t size;

    write_log(*state, EVENTS);
    write_index(*state, EVENTS, NULL);
    bytes = fixture_read(*state, "index", &size);
    memcpy(&id, bytes + 16, 8);
    header = bytes + EBB_FILE_HEADER_SIZE;
    assert_true(ebb_unpack_block_header(header, EBB_FILE_HEADER_SIZE, id, &block));
    assert_int_equal(block.type, EBB_BLOCK_POSITIONS);
    block.first_position = 1; /* the payload still says 0 to the last */
    ebb_pack_block_header(header, &block, id);
    fixture_write(*state, "index", bytes, size);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    if (summary.resolved) {
        cursor = fixture_cursor(log);
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
        assert_non_null(strstr(error.message, "/index: offset"));
        ebb_cursor_free(cursor);
    }
    ebb_log_close(log);
    /* Down, from one block to the next. */
    block.first_position = 0;
    block.last_position = UINT64_MAX;
    ebb_pack_block_header(header, &block, id);
    fixture_write(*state, "index", bytes, size);
    expect_ignored(*state, "offset");
    free(bytes);
}

static void test_refuses_nonsense(void **state)
{
    const uint64_t down[] = {10, 9}, many[EVENTS + 1] = {0};
    struct ebb_index_writer *writer;
    struct ebb_error error;
    struct ebb_log *log;

    write_log(*state, EVENTS);
    log = open_unresolved(*state);
    writer = ebb_index_writer_create(log, &error);
    assert_int_equal(ebb_index_add_events(writer, down, 2, &error), -1);
    ebb_index_writer_free(writer);

    writer = ebb_index_writer_create(log, &error);
    assert_int_equal(ebb_index_add_events(writer, many, EVENTS + 1, &error), -1);
    ebb_index_writer_free(writer);

    writer = ebb_index_writer_create(log, &error);
    assert_int_equal(ebb_index_add_events(writer, many, EVENTS - 1, &error), 0);
    assert_int_equal(ebb_index_add_keyframe(writer, 5, &error), 0);
    assert_int_equal(ebb_index_add_keyframe(writer, 4, &error), -1);
    assert_int_equal(ebb_index_add_exclusive_clear(writer, 5, &error), 0);
    assert_int_equal(ebb_index_add_exclusive_clear(writer, 5, &error), -1);
    assert_int_equal(ebb_index_commit(writer, 5, NULL, &error), -1);  /* one is missing */
    assert_int_equal(ebb_index_commit(writer, 4, "why", &error), -1); /* before a keyframe */
    ebb_index_writer_free(writer);
    ebb_log_close(log);
    log = fixture_open(*state);
    assert_null(ebb_log_index_problem(log)); /* since there is none */
    ebb_log_close(log);
}

/* A log without counts has no use for an index, and looks at none. */
static void test_without_counts(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_summary summary;
    struct ebb_error error;
    struct ebb_log *log;

    fixture_append(writer, 0, 10);
    fixture_close(writer);
    fixture_write(*state, "index", "nonsense", 8);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_false(summary.counts);
    assert_null(ebb_log_index_problem(log));
    assert_null(ebb_index_writer_create(log, &error));
    ebb_log_close(log);
}

/* Blocks that are full, and more keyframes and clears than one block of the index takes. */
static void test_large(void **state)
{
    enum { MANY = 70000 };
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, EBB_LOG_COUNTS, NULL);
    struct ebb_event event = {.kind = EBB_EVENT_MMIO_READ, .size = 4};
    struct ebb_index_writer *index;
    uint64_t *positions = malloc(MANY * sizeof(*positions)), n, number, random = 1;
    const uint64_t *clears;
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    size_t count;

    assert_non_null(writer);
    assert_int_equal(ebb_keyframe_begin(writer, 0, &number, NULL), 0);
    assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), 0);
    for (n = 0; n < MANY; n++) {
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
        positions[n] = (n ? positions[n - 1] : 0) + 1 + fixture_random(&random) % 1000;
    }
    fixture_close(writer);
    log = open_unresolved(*state);
    index = ebb_index_writer_create(log, NULL);
    assert_non_null(index);
    assert_int_equal(ebb_index_add_events(index, positions, 12345, NULL), 0);
    assert_int_equal(ebb_index_add_events(index, positions + 12345, MANY - 12345, NULL), 0);
    assert_int_equal(ebb_index_add_keyframe(index, 0, NULL), 0);
    for (n = 0; n < MANY; n++) {
        assert_int_equal(ebb_index_add_exclusive_clear(index, positions[n], NULL), 0);
    }
    assert_int_equal(ebb_index_commit(index, positions[MANY - 1], NULL, NULL), 0);
    ebb_index_writer_free(index);
    ebb_log_close(log);
    log = fixture_open(*state);
    assert_null(ebb_log_index_problem(log));
    clears = ebb_log_exclusive_clears(log, &count);
    assert_int_equal(count, MANY);
    assert_memory_equal(clears, positions, MANY * sizeof(*positions));
    cursor = fixture_cursor(log);
    for (n = 0; n < MANY; n++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        assert_int_equal(event.position, positions[n]);
    }
    for (n = 0; n < 300; n++) {
        uint64_t target = fixture_random(&random) % MANY;

        assert_int_equal(ebb_cursor_seek_position(cursor, positions[target], NULL), 0);
        assert_int_equal(ebb_cursor_event_number(cursor), target);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
    free(positions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unresolved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_early, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_problem, setup, teardown),
        cmocka_unit_test_setup_teardown(test_does_not_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large, setup, teardown),
    };

    return cmocka_run_group_tests_name("log: index", tests, NULL, NULL);
}
