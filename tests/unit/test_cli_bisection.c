/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bisections of histories made at random, compared with looking at every position. */
#include "cli/bisection.h"

#include "unit.h"

#include <string.h>

#define LENGTH_MAX 300u
#define AT_ONCE_MAX 5u

struct history {
    uint64_t begin; /* the position of the first verdict */
    unsigned length;
    enum bisection_verdict verdicts[LENGTH_MAX];
    bool probed[LENGTH_MAX];
    unsigned rounds, probes;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return next_random(seed) % limit;
}

/* Bad from one position on; of the others, some in a hundred are skips. */
static void make_monotone(struct history *history, uint64_t *seed, unsigned first_bad,
                          unsigned skips)
{
    for (unsigned i = 0; i < history->length; i++) {
        history->verdicts[i] = below(seed, 100) < skips ? BISECTION_SKIP
                               : i < first_bad          ? BISECTION_GOOD
                                                        : BISECTION_BAD;
    }
}

static void make_any(struct history *history, uint64_t *seed)
{
    unsigned bad = (unsigned)below(seed, 100), skip = (unsigned)below(seed, 100);

    for (unsigned i = 0; i < history->length; i++) {
        history->verdicts[i] = below(seed, 100) < skip  ? BISECTION_SKIP
                               : below(seed, 100) < bad ? BISECTION_BAD
                                                        : BISECTION_GOOD;
    }
}

static enum bisection_verdict truth(const struct history *history, uint64_t position)
{
    return history->verdicts[position - history->begin];
}

static void probe(struct history *history, struct bisection *bisection, const uint64_t *positions,
                  unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t place = positions[i] - history->begin;

        assert_in_range(positions[i], history->begin, history->begin + history->length - 1);
        assert_false(history->probed[place]);
        assert_true(i == 0 || positions[i - 1] < positions[i]);
        history->probed[place] = true;
        bisection_note(bisection, positions[i], history->verdicts[place]);
    }
    history->probes += count;
    history->rounds++;
}

static void bisect(struct history *history, const struct bisection_options *how,
                   struct bisection_result *result)
{
    struct bisection_options options = *how;
    struct bisection *bisection;
    uint64_t positions[AT_ONCE_MAX];
    unsigned count;

    options.from = history->begin;
    options.to = history->begin + history->length - 1;
    bisection = bisection_new(&options);
    assert_non_null(bisection);
    while ((count = bisection_next(bisection, positions)) > 0) {
        assert_in_range(count, 1, options.at_once);
        probe(history, bisection, positions, count);
    }
    bisection_result(bisection, result);
    bisection_free(bisection);
    assert_int_equal(result->probes, history->probes);
}

static void begin_history(struct history *history, uint64_t *seed, unsigned least)
{
    memset(history, 0, sizeof(*history));
    history->begin = below(seed, 1000);
    history->length = least + (unsigned)below(seed, LENGTH_MAX - least);
}

/* Rounds that k probes at once need at most to find one of n positions. */
static unsigned rounds_for(unsigned n, unsigned k)
{
    unsigned rounds = 0;

    for (unsigned long long reached = 1; reached < n; reached *= k + 1) {
        rounds++;
    }
    return rounds;
}

static void test_monotone(void **state)
{
    uint64_t seed = 20260701;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct bisection_options options = {.at_once = 1 + (unsigned)below(&seed, AT_ONCE_MAX),
                                            .skips_max = 4,
                                            .doubts = (unsigned)below(&seed, 4)};
        struct bisection_result result;
        struct history history;
        unsigned first_bad;

        begin_history(&history, &seed, 2);
        first_bad = 1 + (unsigned)below(&seed, history.length - 1);
        make_monotone(&history, &seed, first_bad, 0);
        bisect(&history, &options, &result);
        assert_int_equal(result.end, BISECTION_FOUND);
        assert_int_equal(result.first_bad, history.begin + first_bad);
        assert_true(result.has_good);
        assert_int_equal(result.last_good, result.first_bad - 1);
        assert_false(result.unsure);
        assert_false(result.not_monotone);
        assert_int_equal(result.skips, 0);
        assert_true(history.rounds <=
                    2 + rounds_for(history.length, options.at_once) + 1 + 2 * options.doubts);
    }
}

/* Whatever the history is like, what is said of it is true. */
static void check_result(const struct history *history, const struct bisection_result *result)
{
    uint64_t last = history->begin + history->length - 1;

    if (result->end == BISECTION_NEVER_BAD) {
        assert_int_not_equal(truth(history, history->begin), BISECTION_BAD);
        assert_int_not_equal(truth(history, last), BISECTION_BAD);
        return;
    }
    assert_int_equal(truth(history, result->first_bad), BISECTION_BAD);
    if (result->end == BISECTION_BAD_AT_ONCE) {
        assert_int_equal(result->first_bad, history->begin);
    } else {
        assert_int_equal(result->end, BISECTION_FOUND);
        assert_int_equal(truth(history, result->first_bad - 1),
                         result->unsure ? BISECTION_SKIP : BISECTION_GOOD);
    }
    if (result->has_good) {
        assert_true(result->last_good < result->first_bad);
        assert_int_equal(truth(history, result->last_good), BISECTION_GOOD);
    }
    if (result->not_monotone) {
        assert_true(result->bad_before < result->good_behind);
        assert_int_equal(truth(history, result->bad_before), BISECTION_BAD);
        assert_int_equal(truth(history, result->good_behind), BISECTION_GOOD);
    }
}

static void test_any(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct bisection_options options = {.at_once = 1 + (unsigned)below(&seed, AT_ONCE_MAX),
                                            .skips_max = (unsigned)below(&seed, 10),
                                            .doubts = (unsigned)below(&seed, 10),
                                            .hopes = (unsigned)below(&seed, 20)};
        struct bisection_result result;
        struct history history;

        begin_history(&history, &seed, 1);
        make_any(&history, &seed);
        bisect(&history, &options, &result);
        check_result(&history, &result);
    }
}

/* Skips do not lead astray: of a history that is monotone but for them, the first bad position is
 * found if the one before it is good, else the first of its stretch. */
static void test_skips(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct bisection_options options = {
            .at_once = 1 + (unsigned)below(&seed, AT_ONCE_MAX), .skips_max = 6, .doubts = 2};
        struct bisection_result result;
        struct history history;
        unsigned first_bad;

        begin_history(&history, &seed, 10);
        first_bad = 1 + (unsigned)below(&seed, history.length - 1);
        make_monotone(&history, &seed, first_bad, (unsigned)below(&seed, 50));
        history.verdicts[history.length - 1] = BISECTION_BAD;
        bisect(&history, &options, &result);
        check_result(&history, &result);
        assert_true(result.first_bad >= history.begin + first_bad ||
                    result.first_bad == history.begin);
        assert_false(result.not_monotone);
        if (!result.unsure && result.end == BISECTION_FOUND) {
            assert_int_equal(result.first_bad, history.begin + first_bad);
        }
    }
}

/* A stretch of skips as long as one likes costs a bounded number of probes. */
static void test_long_skip(void **state)
{
    struct bisection_options options = {
        .from = 0, .to = 1000000000, .at_once = 2, .skips_max = 12, .doubts = 4};
    struct bisection *bisection = bisection_new(&options);
    struct bisection_result result;
    uint64_t positions[2];
    unsigned count;

    (void)state;
    while ((count = bisection_next(bisection, positions)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            bisection_note(bisection, positions[i],
                           positions[i] < 300000000   ? BISECTION_GOOD
                           : positions[i] < 700000001 ? BISECTION_SKIP
                                                      : BISECTION_BAD);
        }
    }
    bisection_result(bisection, &result);
    bisection_free(bisection);
    assert_int_equal(result.end, BISECTION_FOUND);
    assert_int_equal(result.first_bad, 700000001);
    assert_true(result.unsure);
    assert_true(result.probes < 100);
}

/* A condition that holds for a moment, and one that comes and goes. */
static void test_not_monotone(void **state)
{
    struct bisection_options options = {.at_once = 2, .skips_max = 6, .doubts = 4, .hopes = 8};
    struct bisection_result result;
    struct history history = {.length = 200};

    (void)state;
    for (unsigned i = 0; i < history.length; i++) {
        history.verdicts[i] = i % 2 ? BISECTION_BAD : BISECTION_GOOD;
    }
    bisect(&history, &options, &result);
    assert_int_equal(result.end, BISECTION_FOUND);
    assert_true(result.not_monotone);
    assert_int_equal(result.good_behind, result.bad_before + 1);

    history = (struct history){.length = 200};
    for (unsigned i = 0; i < history.length; i++) {
        history.verdicts[i] = i >= 90 && i < 110 ? BISECTION_BAD : BISECTION_GOOD;
    }
    bisect(&history, &options, &result);
    assert_int_equal(result.end, BISECTION_FOUND);
    assert_int_equal(result.first_bad, 90);
    assert_true(result.not_monotone);
}

/* Of a long history, what is bad from a position on but for the one behind it. */
static void bisect_with_gap(uint64_t first_bad, struct bisection_result *result)
{
    struct bisection_options options = {
        .from = 0, .to = 1000000000, .at_once = 2, .skips_max = 6, .doubts = 3};
    struct bisection *bisection = bisection_new(&options);
    uint64_t positions[2];
    unsigned count;

    while ((count = bisection_next(bisection, positions)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            bisection_note(bisection, positions[i],
                           positions[i] < first_bad || positions[i] == first_bad + 1
                               ? BISECTION_GOOD
                               : BISECTION_BAD);
        }
    }
    bisection_result(bisection, result);
    bisection_free(bisection);
}

/* The position behind what was found is looked at. */
static void test_neighbour(void **state)
{
    struct bisection_result result;
    unsigned met = 0;

    (void)state;
    for (uint64_t first_bad = 300000000; first_bad < 300000100; first_bad++) {
        bisect_with_gap(first_bad, &result);
        assert_int_equal(result.end, BISECTION_FOUND);
        if (result.first_bad == first_bad) {
            assert_true(result.not_monotone);
            assert_int_equal(result.good_behind, first_bad + 1);
            met++;
        } else {
            assert_int_equal(result.first_bad, first_bad + 2);
        }
    }
    assert_true(met > 0);
}

/* What is found later is doubted as much as what was found first. */
static void test_doubts_again(void **state)
{
    struct bisection_options options = {.at_once = 1, .skips_max = 6, .doubts = 1};
    struct bisection_result result;
    struct history history = {.length = 200};

    (void)state;
    /* The look before 150 meets the bad one at 49, that before 45 the one at 12. */
    for (unsigned i = 0; i < history.length; i++) {
        history.verdicts[i] =
            i >= 150 || (i >= 45 && i < 55) || (i >= 10 && i < 15) ? BISECTION_BAD : BISECTION_GOOD;
    }
    bisect(&history, &options, &result);
    assert_int_equal(result.first_bad, 10);
}

/* Probes of 10^9 positions: as many as the documents say. */
static void test_documented_figures(void **state)
{
    static const struct {
        unsigned at_once, probes;
    } figures[] = {{1, 40}, {4, 60}};
    uint64_t seed = 99;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (unsigned round = 0; round < 200; round++) {
            struct bisection_options options = {
                .to = 1000000000,
                .at_once = figures[i].at_once,
                .doubts = 4,
                .hopes = 14,
                .skips_max = 12,
            };
            struct bisection *bisection = bisection_new(&options);
            uint64_t bad = 1 + below(&seed, options.to), positions[AT_ONCE_MAX];
            struct bisection_result result;
            unsigned count;

            assert_non_null(bisection);
            while ((count = bisection_next(bisection, positions)) > 0) {
                for (unsigned j = 0; j < count; j++) {
                    bisection_note(bisection, positions[j],
                                   positions[j] < bad ? BISECTION_GOOD : BISECTION_BAD);
                }
            }
            bisection_result(bisection, &result);
            bisection_free(bisection);
            assert_true(result.first_bad == bad);
            assert_in_range(result.probes, figures[i].probes - 5, figures[i].probes + 5);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monotone),     cmocka_unit_test(test_any),
        cmocka_unit_test(test_skips),        cmocka_unit_test(test_long_skip),
        cmocka_unit_test(test_not_monotone), cmocka_unit_test(test_neighbour),
        cmocka_unit_test(test_doubts_again), cmocka_unit_test(test_documented_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
