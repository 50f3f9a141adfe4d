/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made-up program of tests of every outcome, for test_harness_unit.py. It is no test itself. */
#include "known_breakage.h"

static void test_sound(void **state)
{
    (void)state;
}

static void test_broken(void **state)
{
    (void)state;
    fail_msg("as it was to be expected");
}

static void test_crashing(void **state)
{
    (void)state;
    abort();
}

static void test_absent(void **state)
{
    (void)state;
    unit_skip("there is no %s", "moon");
}

static void test_silent(void **state)
{
    (void)state;
    skip();
}

static int good_setup(void **state)
{
    *state = "ready";
    return 0;
}

static int bad_setup(void **state)
{
    (void)state;
    return 1;
}

static void test_ready(void **state)
{
    assert_string_equal(*state, "ready");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_silent),
        known_breakage("it is made so", {"known_broken", test_broken, NULL, NULL, NULL}),
        known_breakage("it gives up", {"known_crashing", test_crashing, NULL, NULL, NULL}),
        known_breakage("the rest", {"known_unready", test_sound, bad_setup, NULL, NULL}),
        known_breakage("it was", {"known_repaired", test_ready, good_setup, NULL, NULL}),
        known_breakage("perhaps", {"known_absent", test_absent, NULL, NULL, NULL}),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
