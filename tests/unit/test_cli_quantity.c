/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts with units. */
#include "cli/quantity.h"

#include "unit.h"

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
        {"250ms", QUANTITY_MILLISECONDS, 250},
        {"60s", QUANTITY_MILLISECONDS, 60000},
        {"5min", QUANTITY_MILLISECONDS, 300000},
        {"2h", QUANTITY_MILLISECONDS, 7200000},
        {"3B", QUANTITY_BYTES, 3},
        {"500MB", QUANTITY_BYTES, 500000000},
        {"2GiB", QUANTITY_BYTES, 2147483648},
        {"18446744073709551615", QUANTITY_INSTRUCTIONS, 18446744073709551615ull},
    };
    struct quantity quantity;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(quantity_parse(cases[i].text, "--x", &quantity, &error), 0);
        assert_int_equal(quantity.unit, cases[i].unit);
        assert_int_equal(quantity.value, cases[i].value);
    }
}

static void test_refuse(void **state)
{
    static const char *const texts[] = {
        "",     "s",
        "-1s",  "1.5s",
        "1 s",  "1S",
        "1m",   "0x10",
        "10x",  "1sec",
        "_",    "18446744073709551616",
        "1Kib", "999999999999999999TiB",
        "1_s_",
    };
    struct quantity quantity;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(quantity_parse(texts[i], "--x", &quantity, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
