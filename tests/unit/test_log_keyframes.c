/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keyframes: pages stored once, tables of changes, registers. */
#include "recording_fixture.h"

#include "log/page_map.h"
#include "log/page_table.h"
#include "unit.h"

#include <stdio.h>
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

/* Fills a page with what the number determines; 0 is a page of zeroes. */
static void fill_page(uint8_t *page, uint64_t content)
{
    uint64_t random = content;
    size_t i;

    memset(page, 0, EBB_PAGE_SIZE);
    for (i = 0; content && i < EBB_PAGE_SIZE; i += 97) {
        page[i] = fixture_random(&random) | 1;
    }
}

static void begin(struct ebb_log_writer *writer, uint64_t position, uint64_t expected_number)
{
    uint64_t number;

    assert_int_equal(ebb_keyframe_begin(writer, position, &number, NULL), 0);
    assert_int_equal(number, expected_number);
}

static void add_page(struct ebb_log_writer *writer, uint64_t number, uint64_t content)
{
    uint8_t page[EBB_PAGE_SIZE];

    fill_page(page, content);
    assert_int_equal(ebb_keyframe_add_page(writer, number, page, NULL), 0);
}

static void add_ahead(struct ebb_log_writer *writer, uint64_t number, uint64_t content)
{
    uint8_t page[EBB_PAGE_SIZE];

    fill_page(page, content);
    assert_int_equal(ebb_keyframe_add_ahead(writer, number, page, NULL), 0);
}

static void commit(struct ebb_log_writer *writer)
{
    static const uint8_t value[16] = "0123456789abcde";
    static const struct ebb_register registers[] = {
        {0x6030000000100000, 8, value}, {0x6030000000100002, 8, value + 8},
        {EBB_REGISTER(1), 16, value},   {1, 1, value},
        {UINT64_MAX, 4, value + 3},
    };

    assert_int_equal(ebb_keyframe_commit(writer, registers, 5, NULL), 0);
}

static uint64_t keyframe_bytes(struct ebb_log_writer *writer)
{
    struct ebb_log_writer_stats stats;

    fixture_flush(writer);
    ebb_log_writer_stats(writer, &stats);
    return stats.keyframe_bytes;
}

/* What pages 0 to MODEL_PAGES - 1 are expected to hold; visiting crosses them out. */
#define MODEL_PAGES 600
struct model {
    uint64_t content[MODEL_PAGES];
    uint64_t base; /* number of the first page */
};

static int cross_out(void *opaque, uint64_t page_number, const void *page)
{
    struct model *model = opaque;
    uint8_t expected[EBB_PAGE_SIZE];

    assert_in_range(page_number - model->base, 0, MODEL_PAGES - 1);
    assert_int_not_equal(model->content[page_number - model->base], 0);
    fill_page(expected, model->content[page_number - model->base]);
    assert_memory_equal(page, expected, EBB_PAGE_SIZE);
    model->content[page_number - model->base] = 0;
    return 0;
}

static void expect_pages(const struct ebb_log *log, uint64_t number, const struct model *model)
{
    struct model left = *model;
    size_t i;

    assert_int_equal(ebb_keyframe_visit_pages(log, number, cross_out, &left, NULL), 0);
    for (i = 0; i < MODEL_PAGES; i++) {
        assert_int_equal(left.content[i], 0);
    }
}

static void test_registers(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_keyframe_registers registers;
    struct ebb_keyframe keyframe;
    struct ebb_error error;
    struct ebb_log *log;

    begin(writer, 5, 0);
    commit(writer);
    fixture_close(writer);
    log = fixture_open(*state);
    assert_int_equal(ebb_log_keyframe(log, 0, &keyframe, NULL), 0);
    assert_int_equal(keyframe.number, 0);
    assert_int_equal(keyframe.position, 5);
    assert_int_equal(keyframe.event_number, 0);
    assert_int_equal(ebb_keyframe_registers_read(log, 0, &registers, NULL), 0);
    assert_int_equal(registers.count, 5);
    assert_int_equal(registers.list[1].id, 0x6030000000100002);
    assert_int_equal(registers.list[1].size, 8);
    assert_memory_equal(registers.list[1].value, "89abcde", 8);
    assert_int_equal(registers.list[2].id, EBB_REGISTER(1));
    assert_memory_equal(registers.list[2].value, "0123456789abcde", 16);
    assert_int_equal(registers.list[4].id, UINT64_MAX);
    assert_memory_equal(registers.list[4].value, "3456", 4);
    ebb_keyframe_registers_free(&registers);
    assert_int_equal(ebb_log_keyframe(log, 1, &keyframe, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
    assert_int_equal(ebb_keyframe_registers_read(log, 1, &registers, &error), -1);
    assert_int_equal(ebb_keyframe_visit_pages(log, 1, cross_out, NULL, &error), -1);
    ebb_log_close(log);
}

/* The pages of one model, brought to another by what visiting the changes tells. */
struct follower {
    struct model changing, expected;
    bool seen[MODEL_PAGES];
};

static int follow_change(void *opaque, uint64_t page_number, const void *page)
{
    struct follower *follower = opaque;
    uint64_t place = page_number - follower->expected.base;
    uint8_t expected[EBB_PAGE_SIZE];

    assert_in_range(place, 0, MODEL_PAGES - 1);
    if (follower->expected.content[place]) {
        fill_page(expected, follower->expected.content[place]);
        assert_non_null(page);
        assert_memory_equal(page, expected, EBB_PAGE_SIZE);
    } else {
        assert_null(page);
    }
    assert_false(follower->seen[place]);
    follower->seen[place] = true;
    follower->changing.content[place] = follower->expected.content[place];
    return 0;
}

static void expect_changes(const struct ebb_log *log, uint64_t base, uint64_t number,
                           const struct model *models)
{
    struct follower follower = {.changing = models[base], .expected = models[number]};

    assert_int_equal(ebb_keyframe_visit_changes(log, base, number, follow_change, &follower, NULL),
                     0);
    assert_memory_equal(follower.changing.content, follower.expected.content,
                        sizeof(follower.expected.content));
}

/* Random changes, in random order, some taken back; each keyframe is what it was, whatever was
 * asked for before. */
static void test_pages(void **state)
{
    enum { KEYFRAMES = 40 };
    struct ebb_log_writer *writer = fixture_create(*state);
    struct model *models = calloc(KEYFRAMES, sizeof(*models)), now = {.base = 1000};
    struct ebb_log *log;
    uint64_t random = 3, k, i;

    assert_non_null(models);
    for (k = 0; k < KEYFRAMES; k++) {
        begin(writer, k * 100, k);
        for (i = 0; i < (k ? 50 : MODEL_PAGES); i++) {
            uint64_t page = k ? fixture_random(&random) % MODEL_PAGES : i;

            now.content[page] = fixture_random(&random) % 400;
            add_page(writer, now.base + page, now.content[page]);
        }
        commit(writer);
        models[k] = now;
    }
    fixture_close(writer);
    log = fixture_open(*state);
    for (k = 0; k < KEYFRAMES; k++) {
        expect_pages(log, k, &models[k]);
    }
    for (i = 0; i < 30; i++) {
        k = fixture_random(&random) % KEYFRAMES;
        expect_pages(log, k, &models[k]);
        expect_changes(log, fixture_random(&random) % KEYFRAMES, k, models);
    }
    expect_changes(log, 0, KEYFRAMES - 1, models);
    expect_changes(log, KEYFRAMES - 1, 0, models);
    assert_int_equal(ebb_keyframe_visit_changes(log, KEYFRAMES, 0, follow_change, models, NULL),
                     -1);
    ebb_log_close(log);
    free(models);
}

static void test_deduplication(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    uint64_t first, second, third, i;

    begin(writer, 0, 0);
    for (i = 0; i < 5000; i++) {
        add_page(writer, i, 1 + i);
    }
    commit(writer);
    first = keyframe_bytes(writer);
    assert_true(first > 5000 * 40);
    begin(writer, 1, 1);
    for (i = 0; i < 5000; i++) {
        add_page(writer, i, 1 + i);
    }
    commit(writer);
    second = keyframe_bytes(writer);
    /* The same pages once more: the header and registers of the keyframe alone. */
    assert_in_range(second - first, 64, 200);
    begin(writer, 2, 2);
    for (i = 0; i < 5000; i++) {
        add_page(writer, 10000 + i, 1 + i);
        add_page(writer, 20000 + i, 7);
        add_page(writer, 30000 + i, 0);
    }
    commit(writer);
    third = keyframe_bytes(writer);
    /* The same contents elsewhere: a few bytes of table for each, and no page. */
    assert_in_range(third - second, 64, 200 + 4 * 5000);
    begin(writer, 3, 3);
    add_page(writer, 0, 123456);
    commit(writer);
    assert_in_range(keyframe_bytes(writer) - third, 64, 500);
    fixture_close(writer);
}

/* Contents that come again and again stay known, however many others there are; the memory for it
 * has a bound. */
static void test_cache_is_bounded(void **state)
{
    struct ebb_page_cache cache = {{NULL, 0, 0}, {NULL, 0, 0}};
    struct ebb_page_hash often = {1, 2};
    uint64_t i;

    (void)state;
    ebb_page_cache_set(&cache, 1000, often, 42);
    for (i = 0; i < 100000; i++) {
        struct ebb_page_hash key = {i, 3};

        ebb_page_cache_set(&cache, 1000, key, 100 + i);
        assert_int_equal(ebb_page_cache_get(&cache, 1000, key), 100 + i);
        assert_int_equal(ebb_page_cache_get(&cache, 1000, often), 42);
        assert_true(cache.recent.count <= 1000 && cache.older.count <= 1000);
        assert_true(cache.recent.capacity <= 4096 && cache.older.capacity <= 4096);
    }
    assert_int_equal(ebb_page_cache_get(&cache, 1000, (struct ebb_page_hash){0, 3}), 0);
    ebb_page_cache_free(&cache);
}

/* Pages may be given in any order; of one that is given again the last content counts. */
static void test_given_twice(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct model model = {.content = {[3] = 5, [4] = 8, [5] = 9}};
    struct ebb_log *log;

    begin(writer, 0, 0);
    add_page(writer, 5, 9);
    add_page(writer, 4, 7);
    add_page(writer, 3, 5);
    add_page(writer, 4, 0);
    add_page(writer, 4, 8);
    commit(writer);
    begin(writer, 0, 1);
    add_page(writer, 3, 6);
    add_page(writer, 3, 5);
    add_page(writer, 5, 0);
    commit(writer);
    fixture_close(writer);
    log = fixture_open(*state);
    expect_pages(log, 0, &model);
    model.content[5] = 0;
    expect_pages(log, 1, &model);
    ebb_log_close(log);
}

/* Pages that are added ahead of a keyframe are in it as they were, unless it is given them again;
 * those of a keyframe that stands for itself are not. */
static void test_added_ahead(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct model models[3] = {{{0}, 0}};
    struct ebb_error error;
    struct ebb_log *log;
    uint64_t i;

    add_ahead(writer, 1, 10);
    add_ahead(writer, 2, 20);
    add_ahead(writer, 3, 30);
    begin(writer, 5, 0);
    assert_int_equal(ebb_keyframe_add_ahead(writer, 4, &error, &error), -1);
    assert_non_null(strstr(error.message, "has begun"));
    add_page(writer, 2, 21);
    add_page(writer, 3, 0);
    commit(writer);
    models[0].content[1] = 10;
    models[0].content[2] = 21;
    add_ahead(writer, 3, 31);
    begin(writer, 6, 1);
    begin(writer, 6, 1); /* what was begun is given up */
    add_page(writer, 1, 11);
    commit(writer);
    models[1] = models[0];
    models[1].content[1] = 11;
    add_ahead(writer, 2, 22);
    assert_int_equal(ebb_log_writer_base(writer, NULL), 0);
    begin(writer, 7, 2);
    add_page(writer, 5, 50);
    commit(writer);
    models[2].content[5] = 50;
    fixture_close(writer);
    log = fixture_open(*state);
    for (i = 0; i < 3; i++) {
        expect_pages(log, i, &models[i]);
    }
    ebb_log_close(log);
}

/* Who waits for pages that were added ahead finds them in the file. */
static void test_waiting_ahead(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    size_t size = fixture_size(*state, "keyframes");
    uint64_t i;

    for (i = 0; i < 128; i++) { /* two groups */
        add_ahead(writer, i, 1000 + i);
    }
    assert_int_equal(ebb_keyframe_wait_ahead(writer, NULL), 0);
    assert_true(fixture_size(*state, "keyframes") > size);
    begin(writer, 1000, 0);
    commit(writer);
    assert_int_equal(ebb_keyframe_wait_ahead(writer, NULL), 0); /* nothing is left */
    fixture_close(writer);
}

/* A keyframe that is begun but not committed leaves no trace but stored contents. */
static void test_without_commit(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct model model = {.content = {[1] = 1, [2] = 2}};
    struct ebb_log_summary summary;
    struct ebb_log *log;
    uint64_t i;

    assert_int_equal(ebb_keyframe_commit(writer, NULL, 0, NULL), -1);
    begin(writer, 0, 0);
    for (i = 0; i < 200; i++) {
        add_page(writer, i, 500 + i);
    }
    begin(writer, 0, 0);
    add_page(writer, 1, 1);
    add_page(writer, 2, 2);
    commit(writer);
    begin(writer, 1, 1);
    add_page(writer, 2, 3);
    fixture_close(writer);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.keyframe_count, 1);
    assert_int_equal(summary.cut_off_bytes, 0);
    expect_pages(log, 0, &model);
    ebb_log_close(log);
}

/* Guests may be large: only pages that are there cost anything. */
static void test_high_pages(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct model model = {.content = {[0] = 1, [MODEL_PAGES - 1] = 2}};
    uint8_t page[EBB_PAGE_SIZE] = {1};
    struct ebb_error error;
    struct ebb_log *log;

    model.base = (1ull << 36) - MODEL_PAGES;
    begin(writer, 0, 0);
    add_page(writer, model.base + MODEL_PAGES - 1, 2);
    add_page(writer, model.base, 1);
    assert_int_equal(ebb_keyframe_add_page(writer, 1ull << 36, page, &error), -1);
    commit(writer);
    fixture_close(writer);
    log = fixture_open(*state);
    expect_pages(log, 0, &model);
    ebb_log_close(log);
}

/* Keyframes stand between events, and none is offered that lies behind the end of the log. */
static void test_place_in_log(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log_summary summary;
    struct ebb_keyframe keyframe;
    struct ebb_error error;
    uint64_t number;
    uint8_t *bytes;
    struct ebb_log *log;
    size_t size;

    begin(writer, 0, 0);
    commit(writer);
    fixture_append(writer, 0, 30);
    begin(writer, 95, 1);
    commit(writer);
    fixture_append(writer, 30, 30);
    assert_int_equal(ebb_keyframe_begin(writer, 189, &number, &error), -1);
    begin(writer, 190, 2);
    commit(writer);
    fixture_close(writer);
    log = fixture_open(*state);
    assert_int_equal(ebb_log_keyframe(log, 1, &keyframe, NULL), 0);
    assert_int_equal(keyframe.position, 95);
    assert_int_equal(keyframe.event_number, 30);
    assert_int_equal(ebb_log_keyframe(log, 2, &keyframe, NULL), 0);
    assert_int_equal(keyframe.event_number, 60);
    ebb_log_close(log);

    bytes = fixture_read(*state, "log", &size);
    fixture_write(*state, "log", bytes, size - 1);
    log = fixture_open(*state);
    ebb_log_summary(log, &summary);
    assert_int_equal(summary.event_count, 30);
    assert_int_equal(summary.keyframe_count, 2);
    assert_int_equal(summary.end_position, 95);
    ebb_log_close(log);
    free(bytes);
}

static int stop_at_once(void *opaque, uint64_t page_number, const void *page)
{
    (void)page_number;
    (void)page;
    ++*(int *)opaque;
    return 42;
}

static void test_visitor_stops(void **state)
{
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_log *log;
    int calls = 0;

    begin(writer, 0, 0);
    add_page(writer, 1, 1);
    add_page(writer, 2, 2);
    commit(writer);
    fixture_close(writer);
    log = fixture_open(*state);
    assert_int_equal(ebb_keyframe_visit_pages(log, 0, stop_at_once, &calls, NULL), 42);
    assert_int_equal(calls, 1);
    ebb_log_close(log);
}

static int count_page(void *opaque, uint64_t page_number, const void *page)
{
    (void)page_number;
    (void)page;
    ++*(uint64_t *)opaque;
    return 0;
}

/* How often this process has read from a file so far. */
static uint64_t count_reads(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    unsigned long long count = 0;
    char line[100];

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) && sscanf(line, "syscr: %llu", &count) != 1) {
    }
    fclose(file);
    return count;
}

/* Many keyframes, each of which changes a few pages: a step back reads little more than its pages,
 * and what nobody asks for is not read. */
static void test_way_back(void **state)
{
    enum { KEYFRAMES = 400, CHANGED = 4 };
    struct ebb_log_writer *writer = fixture_create(*state);
    struct ebb_keyframe keyframe;
    uint64_t random = 5, pages = 0, before, k, i;
    struct ebb_log *log;

    for (k = 0; k < KEYFRAMES; k++) {
        begin(writer, k, k);
        for (i = 0; i < CHANGED; i++) {
            add_page(writer, fixture_random(&random) % 1000, fixture_random(&random));
        }
        commit(writer);
    }
    fixture_close(writer);
    log = fixture_open(*state);
    before = count_reads();
    for (k = 0; k < KEYFRAMES; k++) {
        assert_int_equal(ebb_log_keyframe(log, k, &keyframe, NULL), 0);
    }
    assert_in_range(count_reads() - before, 0, 3); /* those of count_reads() itself */
    before = count_reads();
    for (k = 1; k < KEYFRAMES; k++) {
        assert_int_equal(ebb_keyframe_visit_changes(log, k - 1, k, count_page, &pages, NULL), 0);
    }
    assert_in_range(count_reads() - before, 0, 3 * KEYFRAMES);
    assert_in_range(pages, 1, CHANGED * KEYFRAMES);
    pages = 0;
    before = count_reads();
    for (k = KEYFRAMES - 1; k > 0; k--) {
        assert_int_equal(ebb_keyframe_visit_changes(log, k, k - 1, count_page, &pages, NULL), 0);
    }
    assert_in_range(pages, 1, CHANGED * KEYFRAMES);
    /* The pages of each, and the tables of about as many as the logarithm of their number. */
    assert_in_range(count_reads() - before, 0, (CHANGED + 9) * KEYFRAMES);
    ebb_log_close(log);
}

/* --- Page tables by themselves, against plain arrays. --- */

#define TABLE_PAGES 60
static const uint64_t absent = UINT64_MAX;

static void random_table(struct ebb_page_table *table, uint64_t *plain, uint64_t *random)
{
    uint64_t page = fixture_random(random) % 10, i;

    for (i = 0; i < TABLE_PAGES; i++) {
        plain[i] = absent;
    }
    while (page < TABLE_PAGES) {
        uint64_t count = 1 + fixture_random(random) % 6;
        uint64_t id = fixture_random(random) % 3 ? 1 + fixture_random(random) % 50 : 0;

        count = count < TABLE_PAGES - page ? count : TABLE_PAGES - page;
        ebb_page_table_append(table, page, count, id);
        for (i = 0; i < count; i++) {
            plain[page + i] = id ? id + i : 0;
        }
        page += count + fixture_random(random) % 5;
    }
}

static void expect_table(const struct ebb_page_table *table, const uint64_t *plain)
{
    uint64_t page = 0, i;
    size_t r;

    for (r = 0; r < table->count; r++) {
        const struct ebb_page_run *run = &table->runs[r];

        for (; page < run->page; page++) {
            assert_int_equal(plain[page], absent);
        }
        for (i = 0; i < run->count; i++, page++) {
            assert_int_equal(plain[page], run->id ? run->id + i : 0);
        }
    }
    for (; page < TABLE_PAGES; page++) {
        assert_int_equal(plain[page], absent);
    }
}

static void test_tables(void **state)
{
    uint64_t random = 11, low[TABLE_PAGES], up[TABLE_PAGES];
    int round, i;

    (void)state;
    for (round = 0; round < 2000; round++) {
        struct ebb_page_table lower = {0}, upper = {0}, result = {0}, decoded = {0};
        struct ebb_buffer payload = {0};

        random_table(&lower, low, &random);
        random_table(&upper, up, &random);
        expect_table(&lower, low);
        ebb_page_table_overlay(&result, &lower, &upper);
        for (i = 0; i < TABLE_PAGES; i++) {
            low[i] = up[i] != absent ? up[i] : low[i];
        }
        expect_table(&result, low);
        ebb_page_table_encode(result.runs, result.count, &payload);
        assert_null(
            ebb_page_table_decode(&decoded, payload.bytes, payload.size, result.count, 1, 56));
        expect_table(&decoded, low);
        ebb_page_table_free(&lower);
        ebb_page_table_free(&upper);
        ebb_page_table_free(&result);
        ebb_page_table_free(&decoded);
        ebb_buffer_free(&payload);
    }
}

/* A table's bytes written down by hand from docs/recording-format.md. */
static void test_known_table(void **state)
{
    static const uint8_t payload[] = {
        5,    2, 3,    /* pages 5 to 7: contents 1 to 3 */
        0,    0, 0,    /* page 8: zeroes */
        0x80, 1, 9, 6, /* pages 137 to 146: contents from 4 - 3 = 1 on */
    };
    struct ebb_page_table table = {0};

    (void)state;
    assert_null(ebb_page_table_decode(&table, payload, sizeof(payload), 3, 1, 10));
    assert_int_equal(table.count, 3);
    assert_int_equal(table.runs[0].page, 5);
    assert_int_equal(table.runs[0].count, 3);
    assert_int_equal(table.runs[0].id, 1);
    assert_int_equal(table.runs[1].page, 8);
    assert_int_equal(table.runs[1].id, 0);
    assert_int_equal(table.runs[2].page, 137);
    assert_int_equal(table.runs[2].count, 10);
    assert_int_equal(table.runs[2].id, 1);
    ebb_page_table_free(&table);
    assert_non_null(ebb_page_table_decode(&table, payload, sizeof(payload), 3, 1, 9));
    ebb_page_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deduplication, setup, teardown),
        cmocka_unit_test(test_cache_is_bounded),
        cmocka_unit_test_setup_teardown(test_given_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_added_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_high_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_place_in_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_visitor_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_way_back, setup, teardown),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_known_table),
    };

    return cmocka_run_group_tests_name("log: keyframes", tests, NULL, NULL);
}
