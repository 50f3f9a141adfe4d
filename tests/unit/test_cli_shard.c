/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which intervals a shard has. */
#include "cli/shard.h"

#include "recording_fixture.h"
#include "unit.h"

#include <string.h>

#define MOST 40u /* intervals of a made-up recording */

static uint64_t length(const struct interval_list *list, size_t first, size_t count)
{
    return interval_list_start(list, first + count) - interval_list_start(list, first);
}

/* All shards together have each interval once, in order, and none has too much. */
static void check(const struct interval_list *list, unsigned shards)
{
    uint64_t whole = list->count ? length(list, 0, list->count) : 0, longest = 0;
    size_t next = 0;

    for (size_t i = 0; i < list->count; i++) {
        longest = length(list, i, 1) > longest ? length(list, i, 1) : longest;
    }
    for (unsigned i = 1; i <= shards; i++) {
        struct interval_range range = shard_intervals(&(struct shard){i, shards}, list);

        assert_int_equal(range.first, next);
        assert_true(length(list, range.first, range.count) <= whole / shards + longest + 1);
        next += range.count;
    }
    assert_int_equal(next, list->count);
}

static void test_each_interval_once(void **state)
{
    uint64_t random = 1, starts[MOST];

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct interval_list list = {starts, fixture_random(&random) % (MOST + 1), 0};

        list.end = round % 3 ? fixture_random(&random) % 1000 : UINT64_MAX / 4;
        for (size_t i = 0; i < list.count; i++) {
            starts[i] = list.end;
            list.end += round % 2 || fixture_random(&random) % 3
                            ? fixture_random(&random) % (i % 5 ? 100 : 5000)
                            : 0;
        }
        for (unsigned shards = 1; shards < 2 * MOST; shards++) {
            check(&list, shards);
        }
    }
}

/* Where all intervals are of one length the shards differ by one at most. */
static void test_balance(void **state)
{
    uint64_t starts[MOST];

    (void)state;
    for (size_t count = 1; count <= MOST; count++) {
        struct interval_list list = {starts, count, 1000 * count};

        for (size_t i = 0; i < count; i++) {
            starts[i] = 1000 * i;
        }
        for (unsigned shards = 1; shards <= count; shards++) {
            for (unsigned i = 1; i <= shards; i++) {
                size_t got = shard_intervals(&(struct shard){i, shards}, &list).count;

                assert_in_range(got, count / shards, (count + shards - 1) / shards);
            }
        }
    }
}

static void check_bounds(const struct interval_list *list, size_t first, size_t count,
                         uint64_t begin, uint64_t end)
{
    uint64_t found_begin, found_end;

    shard_bounds(list, &(struct interval_range){first, count}, &found_begin, &found_end);
    assert_int_equal(found_begin, begin);
    assert_int_equal(found_end, end);
}

/* The end of history belongs to the shard that comes to it, whatever keyframes are there. */
static void test_bounds(void **state)
{
    uint64_t starts[] = {10, 100, 300, 300};
    struct interval_list list = {starts, 2, 300};

    (void)state;
    check_bounds(&list, 0, 1, 10, 100);
    check_bounds(&list, 1, 0, 100, 100);
    check_bounds(&list, 0, 2, 10, UINT64_MAX);
    check_bounds(&list, 2, 0, 300, UINT64_MAX);
    list.count = 4;
    check_bounds(&list, 1, 1, 100, UINT64_MAX);
    check_bounds(&list, 2, 1, 300, UINT64_MAX);
    check_bounds(&list, 3, 1, 300, UINT64_MAX);
    list.end = 301;
    check_bounds(&list, 1, 1, 100, 300);
    check_bounds(&list, 2, 1, 300, 300);
}

static void check_request(const char *shard, const char *output, bool good)
{
    struct shard_request request;
    struct ebb_error error = {0};

    assert_int_equal(shard_request_read(&request, shard, output, &error), good ? 0 : -1);
    assert_int_equal(error.kind, good ? EBB_ERROR_NONE : EBB_ERROR_USAGE);
}

static void test_requests(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "/",
                                      "1/",
                                      "/2",
                                      "0/2",
                                      "3/2",
                                      "1/0",
                                      "-1/2",
                                      "1/-2",
                                      "1/2/3",
                                      "one/two",
                                      "1 /2",
                                      "1/1000001",
                                      "18446744073709551617/18446744073709551617",
                                      "00000000000000000000000000001/2"};
    struct shard_request request;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_request(bad[i], "part", false);
    }
    check_request("1/2", NULL, false);
    check_request(NULL, "part", false);
    check_request(NULL, NULL, true);
    assert_int_equal(shard_request_read(&request, "7/1000000", "part", NULL), 0);
    assert_true(request.wanted);
    assert_int_equal(request.shard.number, 7);
    assert_int_equal(request.shard.count, 1000000);
    assert_string_equal(request.output, "part");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_interval_once),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
