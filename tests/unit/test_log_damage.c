/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings that were cut off, damaged or forged: never a crash, never other events. */
#include "recording_fixture.h"

#include "log/format.h"
#include "unit.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A small recording: BLOCKS blocks of BLOCK events with a keyframe before each. */
enum { BLOCKS = 4, BLOCK = 12, EVENTS = BLOCKS * BLOCK, PAGES = 5 };

/* The first byte of a page at a keyframe; the rest is zeroes. */
static uint8_t page_byte(uint64_t keyframe, uint64_t page)
{
    return page == keyframe || keyframe == 0 ? 1 + page + keyframe : page_byte(keyframe - 1, page);
}

static void write_recording(const char *directory)
{
    struct ebb_log_writer *writer = fixture_create(directory);
    uint64_t k, page, number;

    for (k = 0; k < BLOCKS; k++) {
        uint8_t value[8] = {k};
        struct ebb_register reg = {77, 8, value};
        uint8_t bytes[EBB_PAGE_SIZE] = {0};

        assert_int_equal(ebb_keyframe_begin(writer, k * BLOCK / 3 * 10, &number, NULL), 0);
        for (page = 0; page < PAGES; page++) {
            bytes[0] = page_byte(k, page);
            assert_int_equal(ebb_keyframe_add_page(writer, page, bytes, NULL), 0);
        }
        assert_int_equal(ebb_keyframe_commit(writer, &reg, 1, NULL), 0);
        fixture_append(writer, k * BLOCK, BLOCK);
        fixture_flush(writer);
    }
    fixture_close(writer);
}

/* The ends of the blocks in a file of the recording, the file header's first. */
struct layout {
    size_t ends[64];
    uint32_t types[64]; /* of the block that ends there */
    size_t count;
};

static struct layout read_layout(const uint8_t *bytes, size_t size)
{
    struct layout layout = {.ends = {EBB_FILE_HEADER_SIZE}, .count = 1};
    size_t place = EBB_FILE_HEADER_SIZE;

    while (place < size) {
        uint32_t stored;

        memcpy(&layout.types[layout.count], bytes + place, 4);
        memcpy(&stored, bytes + place + 4, 4);
        place += EBB_BLOCK_HEADER_SIZE + stored;
        layout.ends[layout.count++] = place;
    }
    assert_int_equal(place, size);
    return layout;
}

/* How many blocks of a type lie wholly before a place. */
static size_t blocks_before(const struct layout *layout, uint32_t type, size_t place)
{
    size_t i, count = 0;

    for (i = 1; i < layout->count && layout->ends[i] <= place; i++) {
        count += layout->types[i] == type;
    }
    return count;
}

struct page_check {
    uint64_t keyframe;
    uint64_t seen;
};

static int check_page(void *opaque, uint64_t number, const void *page)
{
    struct page_check *check = opaque;

    assert_in_range(number, 0, PAGES - 1);
    assert_int_equal(*(const uint8_t *)page, page_byte(check->keyframe, number));
    check->seen |= 1ull << number;
    return 0;
}

/* An error of the reader must say which file and where. Returns 1. */
static int expect_corrupt(const struct ebb_error *error)
{
    if (error->kind != EBB_ERROR_UNSUPPORTED) {
        assert_int_equal(error->kind, EBB_ERROR_CORRUPT);
        assert_non_null(strstr(error->message, "offset"));
    }
    assert_true(strstr(error->message, "/log: ") || strstr(error->message, "/keyframes: "));
    return 1;
}

/* Reads everything; what is read must be the truth. Returns the number of errors. */
static int read_everything(const struct ebb_log *log, uint64_t *events)
{
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_log_summary summary;
    uint8_t data[FIXTURE_DATA];
    struct ebb_event event;
    struct ebb_error error;
    int errors = 0, status;
    uint64_t k;

    *events = 0;
    ebb_log_summary(log, &summary);
    while ((status = ebb_cursor_next(cursor, &event, &error)) > 0) {
        struct ebb_event expected = fixture_event((*events)++, data);

        fixture_assert_same(&event, &expected);
    }
    errors += status ? expect_corrupt(&error) : 0;
    assert_true(status || *events == summary.event_count);
    ebb_cursor_free(cursor);
    for (k = 0; k < summary.keyframe_count; k++) {
        struct page_check check = {k, 0};
        struct ebb_keyframe_registers registers;
        struct ebb_keyframe keyframe;

        assert_int_equal(ebb_log_keyframe(log, k, &keyframe, &error), 0);
        assert_int_equal(keyframe.event_number, k * BLOCK);
        if (ebb_keyframe_registers_read(log, k, &registers, &error)) {
            errors += expect_corrupt(&error);
        } else {
            assert_int_equal(registers.count, 1);
            assert_int_equal(registers.list[0].id, 77);
            assert_int_equal(registers.list[0].value[0], k);
            ebb_keyframe_registers_free(&registers);
        }
        if (ebb_keyframe_visit_pages(log, k, check_page, &check, &error)) {
            errors += expect_corrupt(&error);
        } else {
            assert_int_equal(check.seen, (1u << PAGES) - 1);
        }
    }
    return errors;
}

/* How many of the first count events are left of a log that ends there. */
static uint64_t finished(uint64_t count)
{
    uint8_t data[FIXTURE_DATA];

    while (count > 0 && count < EVENTS && fixture_event(count - 1, data).flags & EBB_EVENT_NESTED) {
        count--;
    }
    return count;
}

static void test_log_cut_off(void **state)
{
    struct ebb_log_summary summary;
    struct layout layout;
    struct ebb_log *log;
    size_t size, length;
    uint8_t *bytes;
    uint64_t events;

    write_recording(*state);
    bytes = fixture_read(*state, "log", &size);
    layout = read_layout(bytes, size);
    assert_int_equal(layout.count, BLOCKS + 1);
    for (length = 0; length <= size; length++) {
        size_t blocks = blocks_before(&layout, EBB_BLOCK_EVENTS, length);
        size_t used = length < EBB_FILE_HEADER_SIZE ? 0 : layout.ends[blocks];

        fixture_write(*state, "log", bytes, length);
        log = fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_int_equal(summary.event_count, finished(blocks * BLOCK));
        assert_int_equal(summary.log_bytes, used);
        assert_int_equal(summary.cut_off_bytes, length - used);
        assert_int_equal(summary.keyframe_count,
                         blocks < BLOCKS ? finished(blocks * BLOCK) / BLOCK + 1 : BLOCKS);
        assert_int_equal(read_everything(log, &events), 0);
        ebb_log_close(log);
    }
    free(bytes);
}

/* An access whose own event is missing takes what is nested in it along, however much that is. */
static void test_access_cut_off(void **state)
{
    enum { WHOLE = 5, NESTED = 2 * EBB_MAX_BLOCK_EVENTS + 3 };
    struct ebb_event access = {.kind = EBB_EVENT_MMIO_WRITE, .position = 10, .size = 4};
    struct ebb_event nested = {
        .kind = EBB_EVENT_INTERRUPT_LINE, .position = 20, .flags = EBB_EVENT_NESTED};
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    struct ebb_log *log;
    int i;

    for (i = 0; i < WHOLE; i++) {
        assert_int_equal(ebb_log_writer_append(writer, &access, NULL), 0);
    }
    for (i = 0; i < NESTED; i++) {
        nested.value = i & 1;
        assert_int_equal(ebb_log_writer_append(writer, &nested, NULL), 0);
    }
    fixture_close(writer);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, WHOLE);
    assert_int_equal(summary.end_position, access.position);
    assert_false(summary.complete);
    cursor = fixture_cursor(log);
    for (i = 0; i < WHOLE; i++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        assert_int_equal(event.position, access.position);
    }
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 0);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
}

static void test_keyframes_cut_off(void **state)
{
    struct ebb_log_summary summary;
    struct layout layout;
    struct ebb_log *log;
    size_t size, length;
    uint8_t *bytes;
    uint64_t events;

    write_recording(*state);
    bytes = fixture_read(*state, "keyframes", &size);
    layout = read_layout(bytes, size);
    for (length = 0; length <= size; length++) {
        fixture_write(*state, "keyframes", bytes, length);
        log = fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_int_equal(summary.event_count, EVENTS);
        assert_int_equal(summary.keyframe_count,
                         blocks_before(&layout, EBB_BLOCK_KEYFRAME, length));
        assert_int_equal(summary.cut_off_bytes, length - summary.keyframe_bytes);
        assert_int_equal(read_everything(log, &events), 0);
        ebb_log_close(log);
    }
    free(bytes);
}

/* Changes each byte of a file in turn; the reader must notice, and give nothing but the truth. */
static void damage_every_byte(const char *directory, const char *file)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    struct ebb_log_summary summary;
    struct ebb_error error;
    struct ebb_log *log;
    uint64_t events;
    uint8_t *bytes;
    size_t size, i;

    write_recording(directory);
    bytes = fixture_read(directory, file, &size);
    for (i = 0; i < size; i++) {
        uint8_t change = changes[i % 3];
        int noticed;

        bytes[i] ^= change;
        fixture_write(directory, file, bytes, size);
        bytes[i] ^= change;
        log = ebb_log_open(directory, &error);
        if (!log) {
            expect_corrupt(&error);
            continue;
        }
        ebb_log_summary(log, &summary);
        noticed = summary.cut_off_bytes > 0;
        noticed += read_everything(log, &events);
        assert_int_equal(events % BLOCK, 0);
        assert_true(noticed);
        ebb_log_close(log);
    }
    free(bytes);
}

static void test_log_damaged(void **state)
{
    damage_every_byte(*state, "log");
}

static void test_keyframes_damaged(void **state)
{
    damage_every_byte(*state, "keyframes");
}

/* Of a log whose second block is damaged, which begins at offset: all but that can be read. */
static void expect_second_lost(const struct ebb_log *log, size_t offset)
{
    struct ebb_cursor *cursor = fixture_cursor(log);
    uint8_t data[FIXTURE_DATA];
    struct ebb_error error;
    struct ebb_event event;
    char place[64];
    uint64_t n;

    for (n = 0; n < BLOCK; n++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), 1);
    }
    snprintf(place, sizeof(place), "/log: offset %zu:", offset);
    for (n = 0; n < 2; n++) {
        assert_int_equal(ebb_cursor_next(cursor, &event, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
        assert_non_null(strstr(error.message, place));
    }
    assert_int_equal(ebb_cursor_seek_event(cursor, BLOCK + 1, &error), -1);
    assert_int_equal(ebb_cursor_seek_event(cursor, 2 * BLOCK, &error), 0);
    for (n = 2 * BLOCK; n < EVENTS; n++) {
        struct ebb_event expected = fixture_event(n, data);

        assert_int_equal(ebb_cursor_next(cursor, &event, &error), 1);
        fixture_assert_same(&event, &expected);
    }
    assert_int_equal(ebb_cursor_next(cursor, &event, &error), 0);
    ebb_cursor_free(cursor);
    assert_int_equal(ebb_log_check(log, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    assert_non_null(strstr(error.message, place));
}

/* Of all shares of the log, the one with the damaged block finds it, and no other. */
static void expect_in_one_share(const struct ebb_log *log, unsigned shares)
{
    struct ebb_error error, whole;
    unsigned found = 0;

    assert_int_equal(ebb_log_check(log, &whole), -1);
    for (unsigned i = 0; i < shares; i++) {
        assert_int_equal(ebb_log_check_keyframes(log, i, shares, &error), 0);
        if (ebb_log_check_events(log, i, shares, &error)) {
            assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
            assert_string_equal(error.message, whole.message);
            found++;
        }
    }
    assert_int_equal(found, 1);
}

static void test_shares(void **state)
{
    struct layout layout;
    struct ebb_log *log;
    uint8_t *bytes;
    size_t size;

    write_recording(*state);
    bytes = fixture_read(*state, "log", &size);
    layout = read_layout(bytes, size);
    for (size_t i = 0; i + 2 < layout.count; i++) {
        bytes[layout.ends[i] + EBB_BLOCK_HEADER_SIZE + 3] ^= 4;
        fixture_write(*state, "log", bytes, size);
        log = fixture_open(*state);
        for (unsigned shares = 1; shares < 9; shares++) {
            expect_in_one_share(log, shares);
        }
        ebb_log_close(log);
        bytes[layout.ends[i] + EBB_BLOCK_HEADER_SIZE + 3] ^= 4;
    }
    free(bytes);
}

/* A damaged block in the middle is named, and the events around it can still be read. */
static void test_middle_damaged(void **state)
{
    struct layout layout;
    struct ebb_error error;
    struct ebb_log *log;
    uint8_t *bytes;
    size_t size;

    write_recording(*state);
    log = fixture_open(*state);
    assert_int_equal(ebb_log_check(log, &error), 0);
    ebb_log_close(log);
    bytes = fixture_read(*state, "log", &size);
    layout = read_layout(bytes, size);
    bytes[layout.ends[1] + EBB_BLOCK_HEADER_SIZE + 3] ^= 4;
    fixture_write(*state, "log", bytes, size);
    log = fixture_open(*state);
    assert_null(ebb_log_damage(log)); /* nobody has looked there yet */
    expect_second_lost(log, layout.ends[1]);
    ebb_log_close(log);

    memset(bytes + layout.ends[1], 0, EBB_BLOCK_HEADER_SIZE);
    fixture_write(*state, "log", bytes, size);
    log = fixture_open(*state);
    assert_non_null(ebb_log_damage(log));
    expect_second_lost(log, layout.ends[1]);
    ebb_log_close(log);
    free(bytes);
}

/* Of the keyframes, what is before a damaged header is left. */
static void test_middle_of_keyframes_damaged(void **state)
{
    struct ebb_log_summary summary;
    struct layout layout;
    struct ebb_log *log;
    uint64_t events;
    uint8_t *bytes;
    size_t size;

    write_recording(*state);
    bytes = fixture_read(*state, "keyframes", &size);
    layout = read_layout(bytes, size);
    memset(bytes + layout.ends[4], 0, EBB_BLOCK_HEADER_SIZE); /* each keyframe has three blocks */
    fixture_write(*state, "keyframes", bytes, size);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, EVENTS);
    assert_int_equal(summary.keyframe_count, 1);
    assert_non_null(strstr(ebb_log_damage(log), "/keyframes: offset"));
    assert_int_equal(read_everything(log, &events), 0);
    ebb_log_close(log);
    free(bytes);
}

static void test_other_files(void **state)
{
    static const char text[] = "This is a text, and not a recording in any way.\n";
    struct ebb_error error;
    uint8_t *bytes;
    size_t size;

    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
    write_recording(*state);
    bytes = fixture_read(*state, "keyframes", &size);
    fixture_write(*state, "log", text, sizeof(text));
    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    fixture_write(*state, "log", text, 3);
    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);

    /* The keyframes of another recording. */
    fixture_remove(*state);
    *state = fixture_directory();
    write_recording(*state);
    fixture_write(*state, "keyframes", bytes, size);
    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    free(bytes);
}

static void test_newer_version(void **state)
{
    struct ebb_error error;
    uint8_t *bytes, header[EBB_FILE_HEADER_SIZE];
    size_t size;

    write_recording(*state);
    bytes = fixture_read(*state, "log", &size);
    /* Version 2 with a checksum that does not fit... */
    memcpy(header, bytes, sizeof(header));
    header[8] = 2;
    fixture_write(*state, "log", header, sizeof(header));
    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    /* ...and one that does. */
    ebb_reseal_file_header(header);
    fixture_write(*state, "log", header, sizeof(header));
    assert_null(ebb_log_open(*state, &error));
    assert_int_equal(error.kind, EBB_ERROR_UNSUPPORTED);
    free(bytes);
}

/* --- The writer in trouble. --- */

static void test_refuses_existing(void **state)
{
    struct ebb_error error;
    struct ebb_log *log;
    uint64_t events;

    write_recording(*state);
    assert_null(ebb_log_writer_create(*state, 0, &error));
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    log = fixture_open(*state);
    assert_int_equal(read_everything(log, &events), 0);
    assert_int_equal(events, EVENTS);
    ebb_log_close(log);
}

static void test_refuses_nonsense(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_event good = {.position = 5, .kind = EBB_EVENT_MMIO_READ, .size = 4};
    struct ebb_event bad[6];
    struct ebb_log_writer_stats stats;
    size_t i;

    for (i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].kind = 0;
    bad[1].kind = EBB_EVENT_END; /* without its digests */
    bad[2].flags = 16;
    bad[3].size = 3;
    bad[4].size = 16;
    bad[5].position = 4;
    assert_int_equal(ebb_log_writer_append(writer, &good, NULL), 0);
    for (i = 0; i < 6; i++) {
        assert_int_equal(ebb_log_writer_append(writer, &bad[i], NULL), -1);
    }
    assert_int_equal(ebb_log_writer_append(writer, &good, NULL), 0);
    ebb_log_writer_stats(writer, &stats);
    assert_int_equal(stats.events, 2);
    fixture_close(writer);
}

/* What was flushed can be read while the recording goes on. */
/* An event or a keyframe alone at a position: is it refused, with its place? */
static void expect_position_refused(const char *directory, const char *file, uint64_t position,
                                    bool refused)
{
    struct ebb_log_writer *writer = fixture_create(directory);
    struct ebb_event event = {.kind = EBB_EVENT_CONSOLE, .position = position};
    struct ebb_log *log;
    uint64_t number;

    if (strcmp(file, "log") == 0) {
        assert_int_equal(ebb_log_writer_append(writer, &event, NULL), 0);
    } else {
        assert_int_equal(ebb_keyframe_begin(writer, position, &number, NULL), 0);
        assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), 0);
    }
    fixture_close(writer);
    log = fixture_open(directory);
    assert_int_equal(ebb_log_damage(log) != NULL, refused);
    if (refused) {
        assert_non_null(strstr(ebb_log_damage(log), file));
    }
    ebb_log_close(log);
}

/* Whoever reads a recording may add a stretch to a position, and gets no overflow. */
static void test_positions_beyond_reason(void **state)
{
    static const uint64_t positions[] = {EBB_MAX_POSITION, EBB_MAX_POSITION + 1, UINT64_MAX - 1000,
                                         UINT64_MAX};
    static const char *const files[] = {"log", "keyframes"};
    size_t i, j;

    for (i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
        for (j = 0; j < 2; j++) {
            char *directory = fixture_directory();

            expect_position_refused(directory, files[j], positions[i], i > 0);
            fixture_remove(directory);
        }
    }
    (void)state;
}

static void test_read_while_writing(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_summary summary;
    struct ebb_log *log;

    fixture_append(writer, 0, 20);
    fixture_flush(writer);
    fixture_append(writer, 20, 20);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.event_count == 20 || summary.event_count == 40);
    fixture_append(writer, 40, 20);
    fixture_flush(writer);
    ebb_log_close(log);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, 60);
    ebb_log_close(log);
    fixture_close(writer);
}

/* A block that nobody flushes reaches the disk by itself. */
static void test_closes_by_itself(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    int watch = inotify_init1(IN_CLOEXEC);
    struct ebb_log_summary summary;
    char change[sizeof(struct inotify_event) + NAME_MAX + 1];
    struct ebb_log *log;

    assert_true(inotify_add_watch(watch, *state, IN_MODIFY) >= 0);
    fixture_append(writer, 0, 20);
    assert_true(read(watch, change, sizeof(change)) > 0);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, 20);
    ebb_log_close(log);
    fixture_close(writer);
    close(watch);
}

/* A full disk, stood in for by a limit on the size of files. */
static void test_disk_full(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_error first = {EBB_ERROR_NONE, ""}, again;
    struct rlimit before, limit;
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint64_t n, flushed = 0, events, number;
    uint8_t data[FIXTURE_DATA];

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 20000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (n = 0; n < 1000000; n++) {
        struct ebb_event event = fixture_event(n, data);

        if (ebb_log_writer_append(writer, &event, &first)) {
            break;
        }
        if (n % 100 == 99) {
            if (ebb_log_writer_flush(writer, &first)) {
                break;
            }
            flushed = n + 1;
        }
    }
    assert_int_equal(first.kind, EBB_ERROR_FAILED);
    assert_non_null(strstr(first.message, "/log"));
    assert_int_equal(ebb_keyframe_begin(writer, UINT64_MAX, &number, &again), -1);
    assert_string_equal(again.message, first.message);
    assert_int_equal(ebb_log_writer_flush(writer, &again), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    /* There would be room again, but a log with a hole is worth nothing. */
    assert_int_equal(ebb_log_writer_flush(writer, &again), -1);
    assert_int_equal(ebb_log_writer_close(writer, &again), -1);
    assert_string_equal(again.message, first.message);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(flushed > 0);
    assert_int_equal(summary.event_count, flushed);
    assert_true(summary.cut_off_bytes > 0);
    assert_int_equal(read_everything(log, &events), 0);
    ebb_log_close(log);
}

/* Writes until it is killed; tells through the pipe what is safe by then. */
static void write_until_killed(const char *directory, int pipe_end)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(directory, 0, NULL);
    uint8_t data[FIXTURE_DATA];
    uint64_t n;

    for (n = 0; writer; n++) {
        struct ebb_event event = fixture_event(n, data);

        ebb_log_writer_append(writer, &event, NULL);
        if (n % 5000 == 4999) {
            ebb_log_writer_flush(writer, NULL);
            if (write(pipe_end, &n, sizeof(n)) != sizeof(n)) {
                break;
            }
        }
    }
    _exit(1);
}

static void test_killed(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint64_t safe, events;
    int ends[2], i;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        write_until_killed(*state, ends[1]);
    }
    for (i = 0; i < 5; i++) {
        assert_int_equal(read(ends[0], &safe, sizeof(safe)), sizeof(safe));
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_true(summary.event_count >= safe + 1);
    assert_int_equal(read_everything(log, &events), 0);
    assert_int_equal(events, summary.event_count);
    ebb_log_close(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_log_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_access_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keyframes_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keyframes_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
        cmocka_unit_test_setup_teardown(test_middle_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_middle_of_keyframes_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_version, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_existing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_nonsense, setup, teardown),
        cmocka_unit_test(test_positions_beyond_reason),
        cmocka_unit_test_setup_teardown(test_read_while_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closes_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
    };

    return cmocka_run_group_tests_name("log: damage", tests, NULL, NULL);
}
