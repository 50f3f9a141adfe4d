/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page sets are read as they were written; a file that is damaged, or of another log, is none. */
#include "recording_fixture.h"
#include "unit.h"

#include "log/format.h"
#include "log/page_sets.h"

#include <stdlib.h>
#include <string.h>

#define HASH_OF_40001 0x851d76e3u

enum { SETS = 4, HASHES = 50, EVENTS = 100 };

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

static struct ebb_log *make_log(const char *directory, uint64_t events)
{
    struct ebb_log_writer *writer = fixture_create(directory);

    fixture_append(writer, 0, events);
    fixture_close(writer);
    return fixture_open(directory);
}

static struct ebb_page_set make_set(unsigned number)
{
    struct ebb_page_set set = {
        .from = 10 * number, .to = 10 * number + 10, .flags = number % 4, .count = HASHES * number};

    set.hashes = calloc(set.count + 1, sizeof(*set.hashes));
    assert_non_null(set.hashes);
    for (uint32_t i = 0; i < set.count; i++) {
        set.hashes[i] = 0x01000000u * number + 3 * i;
    }
    return set;
}

static void write_sets(const struct ebb_log *log)
{
    struct ebb_page_set *sets = calloc(SETS, sizeof(*sets));

    assert_non_null(sets);
    for (unsigned i = 0; i < SETS; i++) {
        sets[i] = make_set(i);
    }
    assert_int_equal(ebb_page_sets_write(log, sets, SETS, NULL), 0);
    ebb_page_sets_free(sets, SETS);
}

static size_t count_sets(const struct ebb_log *log)
{
    struct ebb_page_set *sets;
    size_t count;

    assert_int_equal(ebb_page_sets_read(log, &sets, &count, NULL), 0);
    ebb_page_sets_free(sets, count);
    return count;
}

static void test_same(void **state)
{
    struct ebb_log *log = make_log(*state, EVENTS);
    struct ebb_page_set *sets;
    size_t count;

    assert_int_equal(count_sets(log), 0);
    write_sets(log);
    assert_int_equal(ebb_page_sets_read(log, &sets, &count, NULL), 0);
    assert_int_equal(count, SETS);
    for (unsigned i = 0; i < SETS; i++) {
        struct ebb_page_set set = make_set(i);

        assert_int_equal(sets[i].from, set.from);
        assert_int_equal(sets[i].to, set.to);
        assert_int_equal(sets[i].flags, set.flags);
        assert_int_equal(sets[i].count, set.count);
        assert_memory_equal(sets[i].hashes, set.hashes, set.count * sizeof(*set.hashes));
        free(set.hashes);
    }
    ebb_page_sets_free(sets, count);
    ebb_log_close(log);
}

static void test_has(void **state)
{
    struct ebb_page_set set = make_set(2);

    (void)state;
    for (uint32_t hash = 0x02000000u - 5; hash < 0x02000000u + 3 * set.count + 5; hash++) {
        bool has = hash >= 0x02000000u && (hash - 0x02000000u) % 3 == 0 &&
                   (hash - 0x02000000u) / 3 < set.count;

        assert_int_equal(ebb_page_set_has(&set, hash), has);
    }
    set.flags |= EBB_PAGE_SET_UNKNOWN;
    assert_true(ebb_page_set_has(&set, 1));
    free(set.hashes);
}

static void test_hash(void **state)
{
    (void)state;
    /* As docs/recording-format.md has it. */
    assert_int_equal(ebb_page_hash(0x40001000), HASH_OF_40001);
    assert_int_equal(ebb_page_hash(0x40001000), ebb_page_hash(0x40001fff));
    assert_int_not_equal(ebb_page_hash(0x40001000), ebb_page_hash(0x40002000));
    assert_int_equal(ebb_page_hash(0xab00000040001000), ebb_page_hash(0x40001000));
}

/* Each byte of the file counts, and its end. */
static void test_damage(void **state)
{
    struct ebb_log *log = make_log(*state, EVENTS);
    uint64_t random = 1;
    uint8_t *bytes;
    size_t size;

    write_sets(log);
    bytes = fixture_read(*state, EBB_PAGES_FILE, &size);
    for (unsigned i = 0; i < 300; i++) {
        size_t place = fixture_random(&random) % size;
        uint8_t flip = 1u << fixture_random(&random) % 8;

        bytes[place] ^= flip;
        fixture_write(*state, EBB_PAGES_FILE, bytes, size);
        assert_int_equal(count_sets(log), 0);
        bytes[place] ^= flip;
        fixture_write(*state, EBB_PAGES_FILE, bytes, fixture_random(&random) % size);
        assert_int_equal(count_sets(log), 0);
    }
    fixture_write(*state, EBB_PAGES_FILE, bytes, size);
    assert_int_equal(count_sets(log), SETS);
    free(bytes);
    ebb_log_close(log);
}

/* Sets that are put beside a log that they were not made of. */
static void test_other_log(void **state)
{
    struct ebb_log *log = make_log(*state, EVENTS), *other;
    char *directory = fixture_directory();
    uint8_t *bytes;
    size_t size;

    write_sets(log);
    bytes = fixture_read(*state, EBB_PAGES_FILE, &size);
    other = make_log(directory, EVENTS);
    fixture_write(directory, EBB_PAGES_FILE, bytes, size);
    assert_int_equal(count_sets(log), SETS);
    assert_int_equal(count_sets(other), 0);
    free(bytes);
    ebb_log_close(other);
    ebb_log_close(log);
    fixture_remove(directory);
}

/* The same log in another state: cut off since. */
static void test_other_state(void **state)
{
    struct ebb_log *log = make_log(*state, EVENTS);
    uint8_t *bytes;
    size_t size;

    write_sets(log);
    ebb_log_close(log);
    bytes = fixture_read(*state, EBB_LOG_FILE, &size);
    fixture_write(*state, EBB_LOG_FILE, bytes, size - 1);
    log = fixture_open(*state);
    assert_int_equal(count_sets(log), 0);
    ebb_log_close(log);
    fixture_write(*state, EBB_LOG_FILE, bytes, size);
    log = fixture_open(*state);
    assert_int_equal(count_sets(log), SETS);
    ebb_log_close(log);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same, setup, teardown),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_hash),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_state, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
