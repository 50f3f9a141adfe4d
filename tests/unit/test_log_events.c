/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: what was appended is read back, from everywhere. */
#include "recording_fixture.h"

#include "log/digest.h"
#include "log/event_encoding.h"
#include "log/format.h"
#include "unit.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = fixture_directory();
    return 0;
}

static int teardown(void **state)
{
    fixture_remove(*state);
    return 0;
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(ebb_event_kind_name(EBB_EVENT_MMIO_READ), "mmio-read");
    assert_string_equal(ebb_event_kind_name(EBB_EVENT_END), "end");
    assert_null(ebb_event_kind_name(0));
    assert_null(ebb_event_kind_name(7));
    assert_string_equal(ebb_end_reason_name(EBB_END_POWER_OFF), "power-off");
    assert_null(ebb_end_reason_name(4));
}

static void test_digests(void **state)
{
    static const uint8_t value[2][8] = {{1}, {2}};
    struct ebb_register registers[2] = {{1, 8, value[0]}, {2, 8, value[1]}};
    uint8_t page[EBB_PAGE_SIZE] = {0};
    uint64_t digest;

    (void)state;
    assert_int_equal(ebb_digest_page(5, page), 0);
    page[EBB_PAGE_SIZE - 1] = 1;
    assert_false(ebb_is_zero(page, sizeof(page)));
    assert_true(ebb_is_zero(page, sizeof(page) - 1));
    assert_true(ebb_is_zero(page, 0));
    /* Fixed by the format: recorder and worker must agree across versions. */
    assert_int_equal(ebb_digest_page(5, page), 0xd23492aeabc0e7fb);
    assert_true(ebb_digest_page(5, page) != ebb_digest_page(6, page));
    digest = ebb_digest_registers(registers, 2);
    assert_int_equal(digest, 0x68737241987e4ded);
    registers[1].id = 3;
    assert_true(digest != ebb_digest_registers(registers, 2));
    registers[1].id = 2;
    registers[1].size = 4;
    assert_true(digest != ebb_digest_registers(registers, 2));
    registers[1].size = 8;
    registers[1].value = value[0];
    assert_true(digest != ebb_digest_registers(registers, 2));
    registers[1].value = value[1];
    assert_true(digest == ebb_digest_registers(registers, 2));
}

static void test_empty(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    struct ebb_log *log;

    fixture_close(fixture_create(*state));
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, 0);
    assert_int_equal(summary.keyframe_count, 0);
    assert_int_equal(summary.end_position, 0);
    assert_int_equal(summary.cut_off_bytes, 0);
    assert_false(summary.complete);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 0);
    assert_int_equal(ebb_cursor_seek_event(cursor, 0, NULL), 0);
    assert_int_equal(ebb_cursor_seek_position(cursor, 9, NULL), 0);
    assert_int_equal(ebb_cursor_event_number(cursor), 0);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

/* Blocks of one event, of a few, and one that is closed because it is full. */
#define EVENTS 40000u
static void write_history(const char *directory)
{
    struct ebb_log_writer *writer = fixture_create(directory);

    fixture_append(writer, 0, 1);
    fixture_flush(writer);
    fixture_append(writer, 1, 29);
    fixture_flush(writer);
    fixture_flush(writer);
    fixture_append(writer, 30, EVENTS - 30);
    fixture_close(writer);
}

static void expect_next(struct ebb_cursor *cursor, uint64_t number)
{
    struct ebb_event event, expected;
    uint8_t data[FIXTURE_DATA];

    assert_int_equal(ebb_cursor_event_number(cursor), number);
    if (number == EVENTS) {
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 0);
        return;
    }
    expected = fixture_event(number, data);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &expected);
}

static void test_round_trip(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    uint64_t n;

    write_history(*state);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, EVENTS);
    assert_int_equal(summary.end_position, (EVENTS - 1) / 3 * 10);
    assert_int_equal(summary.log_bytes, fixture_size(*state, "log"));
    assert_int_equal(summary.cut_off_bytes, 0);
    assert_false(summary.complete);
    cursor = fixture_cursor(log);
    for (n = 0; n <= EVENTS; n++) {
        expect_next(cursor, n);
    }
    expect_next(cursor, EVENTS);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void test_seek_event(void **state)
{
    struct ebb_cursor *cursor;
    struct ebb_error error;
    struct ebb_log *log;
    uint64_t n, random = 1;

    write_history(*state);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    for (n = EVENTS + 1; n-- > 0;) {
        assert_int_equal(ebb_cursor_seek_event(cursor, n, NULL), 0);
        expect_next(cursor, n);
    }
    for (n = 0; n < 200; n++) {
        uint64_t target = fixture_random(&random) % EVENTS;

        assert_int_equal(ebb_cursor_seek_event(cursor, target, NULL), 0);
        expect_next(cursor, target);
        expect_next(cursor, target + 1);
    }
    assert_int_equal(ebb_cursor_seek_event(cursor, EVENTS + 1, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void test_seek_position(void **state)
{
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    uint64_t position, last = (EVENTS - 1) / 3 * 10;

    write_history(*state);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    for (position = 0; position <= last; position++) {
        /* Events 3 k, 3 k + 1 and 3 k + 2 have position 10 k. */
        assert_int_equal(ebb_cursor_seek_position(cursor, position, NULL), 0);
        assert_int_equal(ebb_cursor_event_number(cursor), (position + 9) / 10 * 3);
    }
    expect_next(cursor, last / 10 * 3);
    assert_int_equal(ebb_cursor_seek_position(cursor, last + 1, NULL), 0);
    expect_next(cursor, EVENTS);
    assert_int_equal(ebb_cursor_seek_position(cursor, UINT64_MAX, NULL), 0);
    expect_next(cursor, EVENTS);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

/* Positions and values at the ends of their ranges. */
static void test_extremes(void **state)
{
    static const uint64_t values[] = {0, UINT64_MAX, 1ull << 63, 1, UINT64_MAX - 1, 0x7f, 0x80};
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_event event = {.kind = EBB_EVENT_SYSREG_READ, .size = 8}, read;
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    size_t i;

    for (i = 0; i < 700; i++) {
        event.position = i < 350 ? 0 : EBB_MAX_POSITION - 699 + i;
        event.address = values[i / 7 % 7];
        event.value = values[i % 7];
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    }
    fixture_close(writer);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    for (i = 0; i < 700; i++) {
        assert_int_equal(ebb_cursor_next(cursor, &read, NULL), 1);
        assert_int_equal(read.position, i < 350 ? 0 : EBB_MAX_POSITION - 699 + i);
        assert_int_equal(read.address, values[i / 7 % 7]);
        assert_int_equal(read.value, values[i % 7]);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

/* A device's write that is larger than an event may be arrives whole, in parts. */
static void test_large_dma(void **state)
{
    const size_t size = (9u << 20) + 5;
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_event event = {.kind = EBB_EVENT_DMA, .address = 0x1000, .data_length = size};
    uint8_t *data = malloc(size);
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    uint64_t random = 1;
    size_t i, done = 0;

    assert_non_null(data);
    for (i = 0; i < size; i++) {
        data[i] = i % 64 ? data[i - 1] : fixture_random(&random);
    }
    event.data = data;
    assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    event.kind = EBB_EVENT_CONSOLE;
    assert_int_equal(ebb_log_writer_append(writer, &event, NULL), -1);
    fixture_close(writer);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    while (ebb_cursor_next(cursor, &event, NULL) == 1) {
        assert_int_equal(event.kind, EBB_EVENT_DMA);
        assert_int_equal(event.address, 0x1000 + done);
        assert_true(event.data_length <= size - done);
        assert_memory_equal(event.data, data + done, event.data_length);
        done += event.data_length;
    }
    assert_int_equal(done, size);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
    free(data);
}

#define LIGHT_EVENTS 40u
#define LIGHT_DATA 8000u /* in each: a block with much data; one with little comes behind */

/* On one CPU less is compressed, and the same is read. */
static void test_one_cpu(void **state)
{
    cpu_set_t before, one;
    struct ebb_event event = {.kind = EBB_EVENT_DMA}, got;
    struct ebb_log_writer *writer;
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    uint8_t data[LIGHT_DATA];
    uint64_t random = 1;

    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; !CPU_COUNT(&one); cpu++) {
        if (CPU_ISSET(cpu, &before)) {
            CPU_SET(cpu, &one);
        }
    }
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = i % 100 < 50 ? fixture_random(&random) : 7;
    }
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    writer = fixture_create(*state);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
    for (event.position = 0; event.position < LIGHT_EVENTS + 1; event.position++) {
        event.data = data;
        event.data_length = event.position < LIGHT_EVENTS ? LIGHT_DATA : 1;
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
        if (event.position == LIGHT_EVENTS - 1) {
            fixture_flush(writer);
        }
    }
    fixture_close(writer);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    for (event.position = 0; event.position < LIGHT_EVENTS + 1; event.position++) {
        event.data_length = event.position < LIGHT_EVENTS ? LIGHT_DATA : 1;
        assert_int_equal(ebb_cursor_next(cursor, &got, NULL), 1);
        fixture_assert_same(&got, &event);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

/* A block's bytes written down by hand from docs/recording-format.md: what old recordings hold. */
static void test_known_bytes(void **state)
{
    static const uint8_t raw[] = {
        5,                                                     /* shapes */
        1,    0,    4,  0x00, 0x20, 0x90, 0x01,                /* mmio-read of 0x10, always 144 */
        2,    0,    1,  0x10, 0x08,                            /* mmio-write to 0x14, plain */
        3,    4,    8,  0x30, 3,    0x80, 0x80, 0x80, 0x80, 2, /* sysreg-read of 0x12, pace 1/8 */
        17,   1,    0,  0x03, 0x00,                            /* dma, nested, with data */
        1,    2,    2,  0x20, 0x00,                      /* mmio-read of 0x12, failed, delta */
        8,    9,    2,  7,    1,                         /* sizes of the columns */
        0,    2,    1,  2,    3,    1,    4,    4,       /* shapes of the events */
        0,    7,    1,  80,   0,    1,    0,    0x81, 1, /* positions */
        0x80, 0x40,                                      /* addresses */
        65,   66,   10, 1,    0xc8, 1,    5,             /* values, by shape */
        2,                                               /* lengths */
        0xaa, 0xbb,                                      /* data */
    };
    static const struct ebb_event expected[] = {
        {1000, 0x10, 144, EBB_EVENT_MMIO_READ, 0, 4, 0, NULL},
        {1007, 0x12, 5, EBB_EVENT_SYSREG_READ, EBB_EVENT_AFTER_ENTRY, 8, 0, NULL},
        {1008, 0x14, 65, EBB_EVENT_MMIO_WRITE, 0, 1, 0, NULL},
        {1088, 0x12, 15, EBB_EVENT_SYSREG_READ, EBB_EVENT_AFTER_ENTRY, 8, 0, NULL},
        {1088, 0x1000, 0, EBB_EVENT_DMA, EBB_EVENT_NESTED, 0, 2, raw + sizeof(raw) - 2},
        {1089, 0x14, 66, EBB_EVENT_MMIO_WRITE, 0, 1, 0, NULL},
        {1089, 0x12, 100, EBB_EVENT_MMIO_READ, EBB_EVENT_FAILED, 2, 0, NULL},
        {1218, 0x12, 97, EBB_EVENT_MMIO_READ, EBB_EVENT_FAILED, 2, 0, NULL},
    };
    struct ebb_event events[9];
    size_t i;

    (void)state;
    assert_null(ebb_event_decode(raw, sizeof(raw), events, 8, 1000));
    for (i = 0; i < 8; i++) {
        fixture_assert_same(&events[i], &expected[i]);
    }
    /* One event more, one less, a byte less: nothing of it fits. */
    assert_non_null(ebb_event_decode(raw, sizeof(raw), events, 9, 1000));
    assert_non_null(ebb_event_decode(raw, sizeof(raw), events, 7, 1000));
    assert_non_null(ebb_event_decode(raw, sizeof(raw) - 1, events, 8, 1000));
}

/* --- Logs with counts. --- */

/* An anchor of a made-up guest that is interrupted at a few places over and over. */
static struct ebb_event make_anchor(uint64_t number, uint8_t digest[8])
{
    static const uint64_t places[] = {0xffff800008010a5c, 0xffff800008c31374, 0xaaaad4e01258};
    uint64_t random = number;
    struct ebb_event event = {.kind = EBB_EVENT_ANCHOR, .data = digest, .data_length = 8};

    event.position = number * 1000 + fixture_random(&random) % 1000;
    event.address = places[fixture_random(&random) % 3] + fixture_random(&random) % 64 * 4;
    event.value = event.address >> 60 ? 0x60000005 : 0x80000000;
    for (int i = 0; i < 8; i++) {
        digest[i] = fixture_random(&random);
    }
    return event;
}

static struct ebb_log_writer *create_counts(const char *directory)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(directory, EBB_LOG_COUNTS, NULL);

    assert_non_null(writer);
    return writer;
}

static void test_anchors(void **state)
{
    struct ebb_log_writer *writer = create_counts(*state);
    struct ebb_event line = {.kind = EBB_EVENT_INTERRUPT_LINE}, event;
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_log *log;
    uint8_t digest[8];
    uint64_t i;

    for (i = 0; i < 10000; i++) {
        struct ebb_event anchor = make_anchor(i, digest);

        assert_int_equal(ebb_log_writer_append(writer, &anchor, NULL), 0);
        line.position = anchor.position;
        line.value = i % 2;
        assert_int_equal(ebb_log_writer_append(writer, &line, NULL), 0);
    }
    fixture_close(writer);
    /* The digests are random; all the rest takes less than the half of what they do. */
    assert_in_range(fixture_size(*state, "log"), 80000, 120000);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.counts);
    assert_false(summary.resolved);
    cursor = fixture_cursor(log);
    for (i = 0; i < 10000; i++) {
        struct ebb_event anchor = make_anchor(i, digest);

        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        fixture_assert_same(&event, &anchor);
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        assert_int_equal(event.kind, EBB_EVENT_INTERRUPT_LINE);
    }
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void test_anchor_rules(void **state)
{
    uint8_t digest[16] = {0};
    struct ebb_event good = make_anchor(1, digest), bad = good;
    struct ebb_log_writer *writer = create_counts(*state);

    assert_int_equal(ebb_log_writer_append(writer, &good, NULL), 0);
    bad.flags = EBB_EVENT_NESTED;
    assert_int_equal(ebb_log_writer_append(writer, &bad, NULL), -1);
    bad.flags = 0;
    bad.data_length = 16;
    assert_int_equal(ebb_log_writer_append(writer, &bad, NULL), -1);
    bad.data_length = 0;
    assert_int_equal(ebb_log_writer_append(writer, &bad, NULL), -1);
    fixture_close(writer);
    fixture_remove(*state);
    *state = fixture_directory();
    writer = fixture_create(*state);
    assert_int_equal(ebb_log_writer_append(writer, &good, NULL), -1);
    fixture_close(writer);
}

/* Exits stand between anchors, and their addresses go on from there. */
static void test_exits(void **state)
{
    struct ebb_log_writer *writer = create_counts(*state);
    uint8_t lost[8] = {3}, digest[8];
    struct ebb_event exit = {.kind = EBB_EVENT_EXIT, .position = 10, .address = 0x40001000};
    struct ebb_event bad, event, anchor = make_anchor(1, digest);
    struct ebb_cursor *cursor;
    struct ebb_log *log;

    exit.value = 0x24;
    assert_int_equal(ebb_log_writer_append(writer, &exit, NULL), 0);
    bad = exit;
    bad.flags = EBB_EVENT_NESTED;
    assert_int_equal(ebb_log_writer_append(writer, &bad, NULL), -1);
    bad = exit;
    bad.data = digest;
    bad.data_length = 7;
    assert_int_equal(ebb_log_writer_append(writer, &bad, NULL), -1);
    assert_int_equal(ebb_log_writer_append(writer, &anchor, NULL), 0);
    exit.position = anchor.position + 1;
    exit.data = lost;
    exit.data_length = sizeof(lost);
    assert_int_equal(ebb_log_writer_append(writer, &exit, NULL), 0);
    fixture_close(writer);

    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    assert_int_equal(event.kind, EBB_EVENT_EXIT);
    assert_int_equal(event.address, 0x40001000);
    assert_int_equal(event.value, 0x24);
    assert_int_equal(event.data_length, 0);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    assert_int_equal(event.address, anchor.address);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    assert_int_equal(event.position, anchor.position + 1);
    assert_int_equal(event.address, 0x40001000);
    assert_memory_equal(event.data, lost, sizeof(lost));
    ebb_cursor_free(cursor);
    ebb_log_close(log);

    fixture_remove(*state);
    *state = fixture_directory();
    writer = fixture_create(*state);
    assert_int_equal(ebb_log_writer_append(writer, &exit, NULL), -1);
    fixture_close(writer);
}

/* Puts other flags into the header of a log. */
static void set_flags(const char *directory, uint8_t flags)
{
    size_t size;
    uint8_t *bytes = fixture_read(directory, "log", &size);

    bytes[12] = flags;
    ebb_reseal_file_header(bytes);
    fixture_write(directory, "log", bytes, size);
    free(bytes);
}

/* An anchor in a log whose header does not announce counts, and a thin one where it announces no
 * such. */
static void test_unannounced_anchors(void **state)
{
    static const struct {
        uint32_t flags, left, length;
        const char *problem;
    } cases[] = {
        {EBB_LOG_COUNTS, 0, 8, "an anchor"},
        {EBB_LOG_COUNTS | EBB_LOG_THIN_ANCHORS, EBB_LOG_COUNTS, 4, "a thin anchor"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ebb_log_writer *writer = ebb_log_writer_create(*state, cases[i].flags, NULL);
        uint8_t digest[8];
        struct ebb_event anchor = make_anchor(1, digest);
        struct ebb_log_summary summary;
        struct ebb_log *log;

        anchor.data_length = cases[i].length;
        assert_int_equal(ebb_log_writer_append(writer, &anchor, NULL), 0);
        fixture_close(writer);
        set_flags(*state, (uint8_t)cases[i].left);
        log = fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_int_equal(summary.event_count, 0);
        assert_non_null(strstr(ebb_log_damage(log), cases[i].problem));
        ebb_log_close(log);
        fixture_remove(*state);
        *state = fixture_directory();
    }
}

/* Thin anchors are read as they were written; a log without them refuses one. */
static void test_thin_anchors(void **state)
{
    uint32_t flags = EBB_LOG_COUNTS | EBB_LOG_THIN_ANCHORS | EBB_LOG_EXACT_COUNTS;
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, flags, NULL);
    uint8_t digests[2][8];
    struct ebb_event thin = make_anchor(1, digests[0]), full = make_anchor(2, digests[1]), event;
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_log *log;

    thin.data_length = 4;
    assert_int_equal(ebb_log_writer_append(writer, &thin, NULL), 0);
    assert_int_equal(ebb_log_writer_append(writer, &full, NULL), 0);
    fixture_close(writer);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.counts && summary.exact_counts);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &thin);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &full);
    ebb_cursor_free(cursor);
    ebb_log_close(log);

    fixture_remove(*state);
    *state = fixture_directory();
    writer = create_counts(*state);
    assert_int_equal(ebb_log_writer_append(writer, &thin, NULL), -1);
    fixture_close(writer);
}

/* Traps are read as they were written; a log without them refuses one, and so does one whose counts
 * are not exact to say that it has them. */
static void test_traps(void **state)
{
    uint32_t flags = EBB_LOG_COUNTS | EBB_LOG_EXACT_COUNTS | EBB_LOG_TRAPS;
    struct ebb_event trap = {.kind = EBB_EVENT_TRAP, .address = 0xffff800080012344, .value = 0x18};
    struct ebb_event exit = {.kind = EBB_EVENT_EXIT, .address = 0xffff800080012348}, event;
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, flags, NULL);
    struct ebb_cursor *cursor;
    struct ebb_log *log;

    assert_int_equal(ebb_log_writer_append(writer, &trap, NULL), 0);
    assert_int_equal(ebb_log_writer_append(writer, &exit, NULL), 0);
    trap.flags = EBB_EVENT_NESTED;
    assert_int_equal(ebb_log_writer_append(writer, &trap, NULL), -1);
    trap.flags = 0;
    fixture_close(writer);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &trap);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &exit);
    ebb_cursor_free(cursor);
    ebb_log_close(log);

    fixture_remove(*state);
    *state = fixture_directory();
    assert_null(ebb_log_writer_create(*state, EBB_LOG_COUNTS | EBB_LOG_TRAPS, NULL));
    writer = create_counts(*state);
    assert_int_equal(ebb_log_writer_append(writer, &trap, NULL), -1);
    fixture_close(writer);
}

/* A store that KVM has kept is read as it was written; a log without such refuses it, and so does
 * each one if it is no store. */
static void test_coalesced(void **state)
{
    uint32_t flags = EBB_LOG_COUNTS | EBB_LOG_EXACT_COUNTS | EBB_LOG_COALESCED;
    struct ebb_event store = {.kind = EBB_EVENT_MMIO_WRITE,
                              .flags = EBB_EVENT_COALESCED,
                              .address = 0x8010010,
                              .value = 27,
                              .size = 4},
                     load = store, event;
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, flags, NULL);
    struct ebb_cursor *cursor;
    struct ebb_log *log;

    load.kind = EBB_EVENT_MMIO_READ;
    assert_int_equal(ebb_log_writer_append(writer, &store, NULL), 0);
    assert_int_equal(ebb_log_writer_append(writer, &load, NULL), -1);
    fixture_close(writer);
    log = fixture_open(*state);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    fixture_assert_same(&event, &store);
    ebb_cursor_free(cursor);
    ebb_log_close(log);

    fixture_remove(*state);
    *state = fixture_directory();
    writer = create_counts(*state);
    assert_int_equal(ebb_log_writer_append(writer, &store, NULL), -1);
    fixture_close(writer);
}

/* What tells of counts needs a log with counts, in what is written and what is read. */
static void test_flags_without_counts(void **state)
{
    static const uint32_t flags[] = {EBB_LOG_THIN_ANCHORS, EBB_LOG_EXACT_COUNTS,
                                     EBB_LOG_COUNTS | EBB_LOG_TRAPS,
                                     EBB_LOG_COUNTS | EBB_LOG_COALESCED};
    struct ebb_error error;
    size_t i;

    for (i = 0; i < 4; i++) {
        assert_null(ebb_log_writer_create(*state, flags[i], &error));
        assert_non_null(strstr(error.message, "flags 0x"));
    }
    fixture_close(create_counts(*state));
    for (i = 0; i < 4; i++) {
        set_flags(*state, (uint8_t)flags[i]);
        assert_null(ebb_log_open(*state, &error));
        assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
        assert_non_null(strstr(error.message, "log: offset 12: flags 0x"));
    }
}

/* Flags that only a later version knows: in either file, and in what a writer is asked for. */
static void test_unknown_flags(void **state)
{
    static const char *const files[] = {"log", "keyframes"};
    struct ebb_error error;
    uint8_t *bytes;
    size_t size, i;

    assert_null(ebb_log_writer_create(*state, 32, &error));
    fixture_close(create_counts(*state));
    for (i = 0; i < 2; i++) {
        bytes = fixture_read(*state, files[i], &size);
        bytes[12] ^= i ? 1 : 32;
        ebb_reseal_file_header(bytes);
        fixture_write(*state, files[i], bytes, size);
        assert_null(ebb_log_open(*state, &error));
        assert_int_equal(error.kind, EBB_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, files[i]));
        bytes[12] ^= i ? 1 : 32;
        ebb_reseal_file_header(bytes);
        fixture_write(*state, files[i], bytes, size);
        ebb_log_close(fixture_open(*state));
        free(bytes);
    }
}

static void test_complete(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    uint8_t digests[16] = {1, 2, 3};
    struct ebb_event event = {.position = 1 << 20, .kind = EBB_EVENT_END, .data = digests};
    struct ebb_log_summary summary;
    struct ebb_log *log;

    event.data_length = sizeof(digests);
    fixture_append(writer, 0, 10);
    assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    fixture_close(writer);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.complete);
    assert_int_equal(summary.end_position, 1 << 20);
    ebb_log_close(log);
}

/*
 * Appends what a Linux boot looks like: 228 000 events, most of them reads of a clock; with the
 * console's text, interrupts taken at the interrupt controller, and a disk's data.
 */
static void append_boot(struct ebb_log_writer *writer)
{
    static const char text[] = "[    0.123456] random: crng init done, using 16 pages, etc\r\n";
    uint64_t random = 1, position = 0, asleep = 0;
    uint8_t data[4096];
    unsigned i, k;

    for (i = 0; i < 228000; i++) {
        uint64_t choice = fixture_random(&random);
        struct ebb_event event = {.kind = EBB_EVENT_MMIO_READ, .size = 4};

        position += choice % 100 < 60 ? 14 + choice / 128 % 4 * 7 : choice / 128 % 4000;
        asleep += choice / 1024 % 500 == 0 ? choice / 4096 % 100000 : 0;
        event.position = position;
        event.value = position / 8 + asleep;
        if (choice % 100 < 60) {
            event.address = 0x9090000 + (i & 1 ? 8 : 12);
            event.value = i & 1 ? (uint32_t)event.value : event.value >> 32;
        } else if (choice % 100 < 70) {
            event.kind = EBB_EVENT_SYSREG_READ;
            event.size = 8;
            event.address = 0x603000000013df02;
        } else if (choice % 100 < 80) {
            event.address = 0x9000018;
            event.value = choice / 256 % 20 ? 0x90 : 0xb0;
        } else if (choice % 100 < 90) {
            event.kind = EBB_EVENT_MMIO_WRITE;
            event.address = 0x9000000;
            event.value = text[choice / 256 % (sizeof(text) - 1)];
        } else if (choice % 100 < 97) {
            event.address = choice % 100 < 94 ? 0x800000c : 0x8000010;
            event.value = choice / 256 % 10 ? 27 : 1023;
        } else {
            event.kind = EBB_EVENT_INTERRUPT_LINE;
            event.size = 0;
            event.value = i & 1;
        }
        if (i % 8000 == 0) {
            event.kind = EBB_EVENT_DMA;
            event.size = 0;
            event.address = choice % 65536 * 4096;
            event.data = data;
            event.data_length = sizeof(data);
            for (k = 0; k < sizeof(data); k++) {
                data[k] = k % 3 ? 0 : fixture_random(&random);
            }
        }
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    }
}

/* The random choices make this harder to compress than a real boot. */
static void test_size(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_writer_stats stats;

    append_boot(writer);
    fixture_flush(writer);
    ebb_log_writer_stats(writer, &stats);
    assert_int_equal(stats.events, 228000);
    assert_int_equal(stats.log_bytes, fixture_size(*state, "log"));
    assert_in_range(stats.log_bytes, 1, 500000);
    fixture_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_known_bytes),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seek_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seek_position, setup, teardown),
        cmocka_unit_test_setup_teardown(test_extremes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_cpu, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anchors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anchor_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unannounced_anchors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thin_anchors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_traps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_coalesced, setup, teardown),

        cmocka_unit_test_setup_teardown(test_flags_without_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_dma, setup, teardown),
        cmocka_unit_test_setup_teardown(test_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_size, setup, teardown),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
