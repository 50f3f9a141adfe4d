/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flight recorders: the older part of a recording goes, and what is left is whole at any moment. */
#include "log/index_writer.h"
#include "recording_fixture.h"

#include "log/format.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/*
 * A made-up history in rounds: a keyframe, then ROUND events. Before the keyframe of every BASE-th
 * round there is a base, and between the two the last event of the round before.
 */
enum { ROUND = 50, BASE = 3, PAGES = 24 };

static uint64_t keyframe_event(uint64_t round)
{
    return round * ROUND;
}

static uint64_t base_event(uint64_t round)
{
    return round ? round * ROUND - 1 : 0;
}

static uint64_t position_before(uint64_t event)
{
    return event ? (event - 1) / 3 * 10 : 0;
}

/* The content of a page at a keyframe; 0 for zeroes. About a third change from one to the next. */
static uint64_t content_at(uint64_t round, uint64_t page)
{
    uint64_t random = round * PAGES + page, draw = fixture_random(&random);

    if (round > 0 && draw % 3) {
        return content_at(round - 1, page);
    }
    return draw / 3 % 4 ? 1 + draw / 12 % 200 : 0;
}

static void fill_page(uint8_t *page, uint64_t content)
{
    uint64_t random = content, i;

    memset(page, 0, EBB_PAGE_SIZE);
    for (i = 0; content && i < EBB_PAGE_SIZE; i += 8) {
        uint64_t word = fixture_random(&random);

        memcpy(page + i, &word, 8);
    }
}

/* Writes the keyframe of a round; at a base, nothing is said of pages of zeroes. */
static int write_keyframe(struct ebb_log_writer *writer, uint64_t round)
{
    uint8_t value[8] = {round}, page[EBB_PAGE_SIZE];
    struct ebb_register reg = {77, 8, value};
    uint64_t number, p;

    if (ebb_keyframe_begin(writer, position_before(keyframe_event(round)), &number, NULL)) {
        return -1;
    }
    for (p = 0; p < PAGES; p++) {
        uint64_t content = content_at(round, p);
        bool changed = round == 0 || content != content_at(round - 1, p);

        if (round % BASE == 0 ? content != 0 : changed) {
            fill_page(page, content);
            ebb_keyframe_add_page(writer, p, page, NULL);
        }
    }
    return ebb_keyframe_commit(writer, &reg, 1, NULL);
}

static int append(struct ebb_log_writer *writer, uint64_t first, uint64_t end)
{
    uint8_t data[FIXTURE_DATA];

    for (; first < end; first++) {
        struct ebb_event event = fixture_event(first, data);

        if (ebb_log_writer_append(writer, &event, NULL)) {
            return -1;
        }
    }
    return 0;
}

/* One round without its last event, which comes with the next round. */
static int write_round(struct ebb_log_writer *writer, uint64_t round)
{
    if (round % BASE == 0 && ebb_log_writer_base(writer, NULL)) {
        return -1;
    }
    if (append(writer, base_event(round), keyframe_event(round)) || write_keyframe(writer, round)) {
        return -1;
    }
    return append(writer, keyframe_event(round), base_event(round + 1));
}

/* --- What is read. --- */

struct model {
    uint64_t content[PAGES];
};

static int set_page(void *opaque, uint64_t page_number, const void *page)
{
    struct model *model = opaque;
    uint8_t expected[EBB_PAGE_SIZE];
    uint64_t content;

    assert_in_range(page_number, 0, PAGES - 1);
    content = model[1].content[page_number];
    assert_int_equal(page != NULL, content != 0);
    if (page) {
        fill_page(expected, content);
        assert_memory_equal(page, expected, EBB_PAGE_SIZE);
    }
    model[0].content[page_number] = content;
    return 0;
}

/* From nothing, or from another keyframe, to a keyframe. */
static void expect_pages(const struct ebb_log *log, const uint64_t *from, uint64_t number)
{
    struct model models[2];
    uint64_t p;
    int status;

    for (p = 0; p < PAGES; p++) {
        models[0].content[p] = from ? content_at(*from, p) : 0;
        models[1].content[p] = content_at(number, p);
    }
    status = from ? ebb_keyframe_visit_changes(log, *from, number, set_page, models, NULL)
                  : ebb_keyframe_visit_pages(log, number, set_page, models, NULL);
    assert_int_equal(status, 0);
    assert_memory_equal(&models[0], &models[1], sizeof(models[0]));
}

static void expect_keyframes(const struct ebb_log *log, uint64_t first, uint64_t end)
{
    struct ebb_keyframe_registers registers;
    struct ebb_keyframe keyframe;
    uint64_t k;

    for (k = first; k < end; k++) {
        assert_int_equal(ebb_log_keyframe(log, k, &keyframe, NULL), 0);
        assert_int_equal(keyframe.number, k);
        assert_int_equal(keyframe.event_number, keyframe_event(k));
        assert_int_equal(keyframe.position, position_before(keyframe_event(k)));
        assert_int_equal(ebb_keyframe_registers_read(log, k, &registers, NULL), 0);
        assert_int_equal(registers.list[0].value[0], (uint8_t)k);
        ebb_keyframe_registers_free(&registers);
        expect_pages(log, NULL, k);
        expect_pages(log, &first, k);
        expect_pages(log, &k, first);
    }
    assert_int_equal(ebb_log_keyframe(log, end, &keyframe, NULL), -1);
    if (first > 0) {
        assert_int_equal(ebb_log_keyframe(log, first - 1, &keyframe, NULL), -1);
        assert_int_equal(ebb_keyframe_visit_changes(log, first - 1, first, set_page, NULL, NULL),
                         -1);
    }
}

static void expect_events(const struct ebb_log *log, uint64_t first, uint64_t end)
{
    struct ebb_cursor *cursor = fixture_cursor(log);
    struct ebb_event event, expected;
    uint8_t data[FIXTURE_DATA];
    uint64_t n;

    assert_int_equal(ebb_cursor_event_number(cursor), first);
    for (n = first; n < end; n++) {
        expected = fixture_event(n, data);
        assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
        fixture_assert_same(&event, &expected);
    }
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 0);
    for (n = first; n < end; n += 7) {
        assert_int_equal(ebb_cursor_seek_event(cursor, n, NULL), 0);
        assert_int_equal(ebb_cursor_event_number(cursor), n);
    }
    if (first > 0) {
        assert_int_equal(ebb_cursor_seek_event(cursor, first - 1, NULL), -1);
    }
    /* Positions below the first are before the first event. */
    assert_int_equal(ebb_cursor_seek_position(cursor, 0, NULL), 0);
    assert_int_equal(ebb_cursor_event_number(cursor), first);
    ebb_cursor_free(cursor);
}

/* A log in which everything fits from a base on; returns the number of its keyframes' end. */
static uint64_t expect_whole(const struct ebb_log *log)
{
    struct ebb_log_summary summary;
    uint64_t first;

    ebb_log_summary(log, &summary);
    first = summary.first_keyframe;
    assert_int_equal(first % BASE, 0);
    assert_int_equal(summary.first_event, first ? base_event(first) : 0);
    if (summary.keyframe_count > first) {
        assert_int_equal(summary.begin_position, position_before(keyframe_event(first)));
    }
    expect_events(log, summary.first_event, summary.event_count);
    expect_keyframes(log, first, summary.keyframe_count);
    return summary.keyframe_count;
}

static void expect_state(const char *directory, uint64_t first_keyframe, uint64_t rounds)
{
    struct ebb_log *log = fixture_open(directory);
    struct ebb_log_summary summary;

    ebb_log_summary(log, &summary);
    assert_int_equal(summary.first_keyframe, first_keyframe);
    assert_int_equal(summary.keyframe_count, rounds);
    assert_int_equal(summary.event_count, base_event(rounds));
    assert_int_equal(summary.cut_off_bytes, 0);
    expect_whole(log);
    ebb_log_close(log);
}

static uint64_t disk_bytes(const char *directory, const char *file)
{
    char name[4096];
    struct stat status;

    snprintf(name, sizeof(name), "%s/%s", directory, file);
    assert_int_equal(stat(name, &status), 0);
    return status.st_blocks * 512;
}

/* --- Tests. --- */

/* Bases from which nothing is dropped: every keyframe is right, whichever it is reached from. */
static void test_bases_alone(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    uint64_t round;

    for (round = 0; round < 4 * BASE; round++) {
        assert_int_equal(write_round(writer, round), 0);
    }
    fixture_close(writer);
    expect_state(*state, 0, 4 * BASE);
}

static void test_drops(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_writer_stats stats;
    uint64_t round, first, expected, highest = 0, random = 5;

    for (round = 0; round < 12 * BASE; round++) {
        assert_int_equal(write_round(writer, round), 0);
        if (fixture_random(&random) % 2) {
            /* At times there is a base there, at times only before it, at times nothing new. */
            uint64_t back = fixture_random(&random) % (3 * BASE);

            assert_int_equal(
                ebb_log_writer_drop_before(writer, round > back ? round - back : 0, &first, NULL),
                0);
            expected = round > back ? (round - back) / BASE * BASE : 0;
            highest = expected > highest ? expected : highest;
            assert_int_equal(first, highest);
        }
        fixture_flush(writer);
        expect_state(*state, highest, round + 1);
        ebb_log_writer_stats(writer, &stats);
        assert_int_equal(stats.keyframes, round + 1);
        /* What is dropped is given back, but for parts of a file system's block. */
        assert_in_range(disk_bytes(*state, "keyframes"), 1, stats.keyframe_bytes + 16384);
        assert_in_range(stats.keyframe_bytes, 1,
                        (round - highest + 2) * PAGES * (EBB_PAGE_SIZE + 200));
    }
    assert_true(highest > 6 * BASE);
    fixture_close(writer);
    expect_state(*state, highest, round);
    assert_true(disk_bytes(*state, "keyframes") < fixture_size(*state, "keyframes") / 2);
}

/* A base is of no use before its keyframe is there, nor one that is behind the given keyframe. */
static void test_too_early(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    uint64_t round, first = 99, number;

    for (round = 0; round < BASE; round++) {
        assert_int_equal(write_round(writer, round), 0);
    }
    assert_int_equal(ebb_log_writer_base(writer, NULL), 0);
    assert_int_equal(append(writer, base_event(BASE), keyframe_event(BASE)), 0);
    assert_int_equal(ebb_log_writer_drop_before(writer, 1000, &first, NULL), 0);
    assert_int_equal(first, 0);
    /* A keyframe that is given up, and another base. */
    assert_int_equal(ebb_keyframe_begin(writer, 1 << 20, &number, NULL), 0);
    assert_int_equal(ebb_log_writer_base(writer, NULL), 0);
    assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), -1);
    assert_int_equal(write_keyframe(writer, BASE), 0);
    assert_int_equal(append(writer, keyframe_event(BASE), base_event(BASE + 1)), 0);
    assert_int_equal(ebb_log_writer_drop_before(writer, BASE - 1, &first, NULL), 0);
    assert_int_equal(first, 0);
    fixture_flush(writer);
    expect_state(*state, 0, BASE + 1);
    fixture_close(writer);
}

/* Files as they are between the appearance of `start` and the holes, and with all of the holes. */
static void test_without_holes(void **state)
{
    static const char *const files[] = {"log", "keyframes"};
    struct ebb_log_writer *writer = fixture_create(*state);
    uint64_t round, first;
    uint8_t *bytes[2];
    size_t sizes[2], i;

    fixture_write(*state, "start.new", "left by one who was killed", 20);
    for (round = 0; round < 2 * BASE; round++) {
        assert_int_equal(write_round(writer, round), 0);
    }
    fixture_flush(writer);
    for (i = 0; i < 2; i++) {
        bytes[i] = fixture_read(*state, files[i], &sizes[i]);
    }
    assert_int_equal(ebb_log_writer_drop_before(writer, round, &first, NULL), 0);
    assert_int_equal(first, BASE);
    fixture_close(writer);
    expect_state(*state, BASE, 2 * BASE);
    for (i = 0; i < 2; i++) {
        uint8_t *now = fixture_read(*state, files[i], &sizes[i]);

        fixture_write(*state, files[i], bytes[i], sizes[i]);
        expect_state(*state, BASE, 2 * BASE);
        memset(bytes[i] + EBB_FILE_HEADER_SIZE, 0, 100);
        fixture_write(*state, files[i], bytes[i], sizes[i]);
        expect_state(*state, BASE, 2 * BASE);
        free(bytes[i]);
        free(now);
    }
}

/* A small recording whose first part was dropped. */
static void write_dropped(const char *directory)
{
    struct ebb_log_writer *writer = fixture_create(directory);
    uint64_t round, first;

    for (round = 0; round < BASE + 2; round++) {
        assert_int_equal(write_round(writer, round), 0);
    }
    assert_int_equal(ebb_log_writer_drop_before(writer, round, &first, NULL), 0);
    fixture_close(writer);
}

static void cut_off(const char *directory, const char *file)
{
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint8_t *bytes;
    size_t size, length;

    write_dropped(directory);
    bytes = fixture_read(directory, file, &size);
    for (length = size;;) {
        fixture_write(directory, file, bytes, length);
        log = fixture_open(directory);
        ebb_log_summary(log, &summary);
        assert_int_equal(summary.first_keyframe, BASE);
        assert_in_range(summary.cut_off_bytes, 0, length);
        /* All that is read is looked at now and then only: there are many bytes. */
        if (length % 101 == 0) {
            expect_whole(log);
        }
        ebb_log_close(log);
        if (length == 0) {
            break;
        }
        /* Every byte near both ends, where there is more than pages. */
        length -= length > 1000 && size - length > 1000 ? 37 : 1;
    }
    free(bytes);
}

static void test_log_cut_off(void **state)
{
    cut_off(*state, "log");
}

static void test_keyframes_cut_off(void **state)
{
    cut_off(*state, "keyframes");
}

static void expect_corrupt_start(const char *directory)
{
    struct ebb_error error;

    assert_null(ebb_log_open(directory, &error));
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "start"));
}

static void test_start_damaged(void **state)
{
    uint8_t *bytes, *other;
    size_t size, other_size, i;

    write_dropped(*state);
    bytes = fixture_read(*state, "start", &size);
    for (i = 0; i < size; i++) {
        bytes[i] ^= 1 << i % 8;
        fixture_write(*state, "start", bytes, size);
        bytes[i] ^= 1 << i % 8;
        expect_corrupt_start(*state);
    }
    for (i = 0; i < size; i++) {
        fixture_write(*state, "start", bytes, i);
        expect_corrupt_start(*state);
    }
    fixture_write(*state, "start", bytes, size);
    expect_state(*state, BASE, BASE + 2);
    other = fixture_read(*state, "start", &other_size);
    free(bytes);
    fixture_remove(*state);
    *state = fixture_directory();
    write_dropped(*state);
    fixture_write(*state, "start", other, other_size);
    expect_corrupt_start(*state);
    free(other);
}

/* With a `start` from before, a new recording would begin in its middle. */
static void test_refuses_existing(void **state)
{
    struct ebb_error error;

    fixture_write(*state, "start", "x", 1);
    assert_null(ebb_log_writer_create(*state, 0, &error));
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    assert_non_null(strstr(error.message, "/start"));
}

/* Numbers for which there is no room, and contents that were dropped, under valid checksums. */
static void test_start_forged(void **state)
{
    static const struct {
        size_t place; /* in the payload */
        uint64_t value;
    } changes[] = {{0, UINT64_MAX}, {0, 0},  {8, UINT64_MAX},  {16, 0},          {16, 31},
                   {16, 1 << 20},   {24, 1}, {24, UINT64_MAX}, {32, UINT64_MAX}, {32, 40},
                   {40, 0},         {40, 1}, {40, 1000},       {40, UINT64_MAX}};
    uint8_t *bytes, *changed;
    struct ebb_block block;
    struct ebb_error error;
    struct ebb_log *log;
    uint64_t id;
    size_t size, i;

    write_dropped(*state);
    bytes = fixture_read(*state, "start", &size);
    changed = malloc(size);
    assert_non_null(changed);
    memcpy(&id, bytes + 16, 8);
    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t *header = changed + EBB_FILE_HEADER_SIZE, *payload = header + EBB_BLOCK_HEADER_SIZE;

        memcpy(changed, bytes, size);
        memcpy(payload + changes[i].place, &changes[i].value, 8);
        ebb_unpack_block_header(header, EBB_FILE_HEADER_SIZE, id, &block);
        block.checksum = ebb_payload_checksum(payload, block.stored_size);
        ebb_pack_block_header(header, &block, id);
        fixture_write(*state, "start", changed, size);
        log = ebb_log_open(*state, &error);
        if (log) {
            struct ebb_log_summary summary;
            struct model models[2];

            /* A later offset makes it a recording without events or keyframes, and no more. */
            ebb_log_summary(log, &summary);
            assert_true(summary.event_count == summary.first_event ||
                        summary.keyframe_count == summary.first_keyframe);
            assert_int_equal(ebb_keyframe_visit_pages(log, BASE, set_page, models, NULL), -1);
            ebb_log_close(log);
        } else {
            assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
        }
    }
    free(changed);
    free(bytes);
}

/* --- Another process. --- */

/* Writes and drops until it is killed or has written so many rounds; tells after each. */
static void write_on(const char *directory, int pipe_end, uint64_t rounds)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(directory, 0, NULL);
    uint64_t round, first;

    for (round = 0; writer && round < rounds; round++) {
        if (write_round(writer, round) ||
            ebb_log_writer_drop_before(writer, round > 2 ? round - 2 : 0, &first, NULL)) {
            break;
        }
        /* Now and then the thread is let alone, so that it is killed while it has much to do. */
        if (round % 5 == 4) {
            ebb_log_writer_flush(writer, NULL);
            if (write(pipe_end, &round, sizeof(round)) != sizeof(round)) {
                break;
            }
        }
    }
    if (writer) {
        ebb_log_writer_close(writer, NULL);
    }
    _exit(round == rounds ? 0 : 1);
}

static pid_t start_writer(const char *directory, int *pipe_end, uint64_t rounds)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_on(directory, ends[1], rounds);
    }
    close(ends[1]);
    *pipe_end = ends[0];
    return child;
}

/* Spends a time that has nothing to do with what the other process does. */
static void dawdle(uint64_t turns)
{
    for (volatile uint64_t turn = 0; turn < turns; turn++) {
    }
}

static void test_killed(void **state)
{
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint64_t safe, random = 9, dropped = 0;
    int run, reports, end;
    pid_t child;

    for (run = 0; run < 25; run++) {
        child = start_writer(*state, &end, UINT64_MAX);
        for (reports = 1 + fixture_random(&random) % 4; reports > 0; reports--) {
            assert_int_equal(read(end, &safe, sizeof(safe)), sizeof(safe));
        }
        dawdle(fixture_random(&random) % 2000000);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(end);
        log = fixture_open(*state);
        ebb_log_summary(log, &summary);
        assert_in_range(summary.first_keyframe, 0, summary.keyframe_count - 1);
        assert_true(summary.keyframe_count > safe);
        assert_true(summary.event_count >= base_event(safe + 1));
        dropped += summary.first_keyframe;
        expect_whole(log);
        ebb_log_close(log);
        fixture_remove(*state);
        *state = fixture_directory();
    }
    assert_true(dropped > 0);
}

/* Whoever opens a recording while its beginning is dropped gets it as it was at some moment. */
/* Out of files that are open before anything is read; as often as it takes. */
static struct ebb_log *open_with_files(const char *directory)
{
    struct ebb_log_files files;
    struct ebb_error error;
    struct ebb_log *log;
    bool again;

    do {
        ebb_log_files_open(&files, directory);
        log = ebb_log_open_files(&files, directory, true, &again, &error);
        ebb_log_files_close(&files);
    } while (again);
    if (!log) {
        fail_msg("%s", error.message);
    }
    return log;
}

static void read_while_dropping(const char *directory,
                                struct ebb_log *(*open_log)(const char *directory))
{
    struct ebb_log_summary summary;
    uint64_t rounds = 60, safe, first = 0;
    struct ebb_log *log;
    int end, status;
    pid_t child = start_writer(directory, &end, rounds);

    assert_int_equal(read(end, &safe, sizeof(safe)), sizeof(safe));
    do {
        log = open_log(directory);
        ebb_log_summary(log, &summary);
        assert_true(summary.first_keyframe >= first);
        assert_true(summary.keyframe_count > summary.first_keyframe);
        first = summary.first_keyframe;
        ebb_log_close(log);
    } while (summary.keyframe_count < rounds);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(end);
    expect_state(directory, (rounds - 3) / BASE * BASE, rounds);
}

static void test_read_while_dropping(void **state)
{
    read_while_dropping(*state, fixture_open);
}

static void test_read_files_while_dropping(void **state)
{
    read_while_dropping(*state, open_with_files);
}

/* What is put in the place of a file that is open is noticed; no file is asked for by its name. */
static void test_files(void **state)
{
    struct ebb_log_files files;
    struct ebb_error error = {0};
    char from[4096], to[4096];
    bool again;
    size_t size;
    uint8_t *start;

    write_dropped(*state);
    ebb_log_files_open(&files, *state);
    ebb_log_close(ebb_log_open_files(&files, *state, true, &again, &error));
    assert_int_equal(error.kind, EBB_ERROR_NONE);
    assert_false(again);
    start = fixture_read(*state, "start", &size);
    fixture_write(*state, "start.new", start, size);
    snprintf(from, sizeof(from), "%s/start.new", (const char *)*state);
    snprintf(to, sizeof(to), "%s/start", (const char *)*state);
    assert_int_equal(rename(from, to), 0);
    free(start);
    assert_null(ebb_log_open_files(&files, *state, true, &again, &error));
    assert_true(again);
    ebb_log_files_close(&files);
    ebb_log_files_open(&files, "/nowhere");
    assert_null(ebb_log_open_files(&files, "/nowhere", true, &again, &error));
    assert_false(again);
    assert_non_null(strstr(error.message, "cannot open /nowhere/log"));
    ebb_log_files_close(&files);
}

/* --- With an index. --- */

static void write_index(const char *directory)
{
    struct ebb_log *log = ebb_log_open_unresolved(directory, NULL);
    struct ebb_log_summary summary;
    struct ebb_index_writer *writer;
    uint64_t n, position = 0;

    assert_non_null(log);
    ebb_log_summary(log, &summary);
    assert_true(summary.first_event > 0);
    writer = ebb_index_writer_create(log, NULL);
    assert_non_null(writer);
    for (n = summary.first_event; n < summary.event_count; n++) {
        position = n * 1000;
        assert_int_equal(ebb_index_add_events(writer, &position, 1, NULL), 0);
    }
    for (n = summary.first_keyframe; n < summary.keyframe_count; n++) {
        position = keyframe_event(n) * 1000 - 5;
        assert_int_equal(ebb_index_add_keyframe(writer, position, NULL), 0);
    }
    position = (summary.event_count - 1) * 1000;
    assert_int_equal(ebb_index_commit(writer, position, NULL, NULL), 0);
    ebb_index_writer_free(writer);
    ebb_log_close(log);
}

static void test_index(void **state)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, EBB_LOG_COUNTS, NULL);
    struct ebb_log_summary summary;
    struct ebb_keyframe keyframe;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    uint64_t round, first;
    struct ebb_log *log;

    assert_non_null(writer);
    for (round = 0; round < 3 * BASE; round++) {
        assert_int_equal(write_round(writer, round), 0);
        if (round == 2 * BASE) {
            assert_int_equal(ebb_log_writer_drop_before(writer, BASE, &first, NULL), 0);
        }
    }
    fixture_flush(writer);
    write_index(*state);
    log = fixture_open(*state);
    assert_null(ebb_log_index_problem(log));
    ebb_log_summary(log, &summary);
    assert_true(summary.resolved);
    assert_int_equal(summary.begin_position, keyframe_event(BASE) * 1000 - 5);
    assert_int_equal(ebb_log_keyframe(log, 2 * BASE, &keyframe, NULL), 0);
    assert_int_equal(keyframe.position, keyframe_event(2 * BASE) * 1000 - 5);
    cursor = fixture_cursor(log);
    assert_int_equal(ebb_cursor_seek_position(cursor, keyframe.position, NULL), 0);
    assert_int_equal(ebb_cursor_event_number(cursor), keyframe.event_number);
    assert_int_equal(ebb_cursor_next(cursor, &event, NULL), 1);
    assert_int_equal(event.position, keyframe.event_number * 1000);
    ebb_cursor_free(cursor);
    ebb_log_close(log);
    /* Dropping more makes it another recording. */
    assert_int_equal(ebb_log_writer_drop_before(writer, 2 * BASE, &first, NULL), 0);
    fixture_close(writer);
    log = fixture_open(*state);
    assert_non_null(ebb_log_index_problem(log));
    ebb_log_summary(log, &summary);
    assert_false(summary.resolved);
    ebb_log_close(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bases_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_early, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_holes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keyframes_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_start_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_start_forged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_existing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_while_dropping, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_files_while_dropping, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_index, setup, teardown),
    };

    return cmocka_run_group_tests_name("log: start", tests, NULL, NULL);
}
