/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts with units. */
#include "cli/quantity.h"

#include "unit.h"

#define ALL (QUANTITY_MICROSECONDS | QUANTITY_BYTES | QUANTITY_INSTRUCTIONS)

static void test_read(void **state)
{
    static const struct {
        const char *text;
        enum quantity_unit unit;
        unsigned long long value;
    } cases[] = {
        {"0", QUANTITY_INSTRUCTIONS, 0},
        {"1_000", QUANTITY_INSTRUCTIONS, 1000},
        {"500M", QUANTITY_INSTRUCTIONS, 500000000},
        {"100us", QUANTITY_MICROSECONDS, 100},
        {"250ms", QUANTITY_MICROSECONDS, 250000},
        {"60s", QUANTITY_MICROSECONDS, 60000000},
        {"5min", QUANTITY_MICROSECONDS, 300000000},
        {"2h", QUANTITY_MICROSECONDS, 7200000000},
        {"3B", QUANTITY_BYTES, 3},
        {"500MB", QUANTITY_BYTES, 500000000},
        {"2GiB", QUANTITY_BYTES, 2147483648},
        {"18446744073709551615", QUANTITY_INSTRUCTIONS, 18446744073709551615ull},
    };
    struct quantity quantity;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(quantity_parse(cases[i].text, "--x", ALL, &quantity, &error), 0);
        assert_int_equal(quantity.unit, cases[i].unit);
        assert_int_equal(quantity.value, cases[i].value);
    }
}

static void test_refuse(void **state)
{
    static const char *const texts[] = {
        "",
        "s",
        "-1s",
        "1.5s",
        "1 s",
        "1S",
        "1m",
        "0x10",
        "1Us",
        "10x",
        "1sec",
        "_",
        "18446744073709551616",
        "1Kib",
        "999999999999999999TiB",
        "1_s_",
    };
    struct quantity quantity;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(quantity_parse(texts[i], "--x", ALL, &quantity, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
    }
}

/* An option's message names what it takes, and nothing else. */
static void test_units(void **state)
{
    static const struct {
        const char *text;
        unsigned units;
        const char *message;
    } cases[] = {
        {"5", QUANTITY_MICROSECONDS,
         "--x cannot be \"5\"; write a time (100us, 500ms, 60s, 5min, 1h)"},
        {"0B", QUANTITY_MICROSECONDS,
         "--x cannot be \"0B\"; write a time (100us, 500ms, 60s, 5min, 1h)"},
        {"5GB", QUANTITY_MICROSECONDS | QUANTITY_INSTRUCTIONS,
         "--x cannot be \"5GB\"; write a time (100us, 500ms, 60s, 5min, 1h) or instructions "
         "(1_000_000, 500M)"},
        {"x", ALL,
         "--x cannot be \"x\"; write a time (100us, 500ms, 60s, 5min, 1h), bytes (500MB, 2GiB) or "
         "instructions (1_000_000, 500M)"},
    };
    struct quantity quantity;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(quantity_parse(cases[i].text, "--x", cases[i].units, &quantity, &error),
                         -1);
        assert_string_equal(error.message, cases[i].message);
    }
    assert_int_equal(quantity_parse("0", "--x", QUANTITY_MICROSECONDS, &quantity, &error), 0);
    assert_int_equal(quantity.value, 0);
}

static void test_milliseconds(void **state)
{
    static const unsigned long long cases[][2] = {
        {0, 0}, {1, 1}, {1000, 1}, {1001, 2}, {~0ull, ~0ull / 1000 + 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct quantity time = {QUANTITY_MICROSECONDS, cases[i][0]};

        assert_int_equal(quantity_milliseconds(&time), cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
