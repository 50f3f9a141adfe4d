/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmocka with the headers that it wants before it, and what it lacks; tests/README.md has more. */
#ifndef EBB_UNIT_H
#define EBB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Leaves the running test, which something is missing for: the rest, a format and its arguments,
 * says what. scripts/count_unit_tests.py takes a skipped test that gives no reason for a failed
 * one.
 */
#define unit_skip(...)                                                                             \
    do {                                                                                           \
        print_message("skipped because " __VA_ARGS__);                                             \
        print_message("\n");                                                                       \
        skip();                                                                                    \
    } while (0)

/* With EBB_CASE=PATTERN in the environment only the tests run whose names match; * and ? stand for
 * anything. */
__attribute__((constructor)) static void unit_choose_cases(void)
{
    cmocka_set_test_filter(getenv("EBB_CASE"));
}

#endif
