/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of what is known to be broken. Such a test is written as if all were well, and its line in
 * the program's table says why it fails:
 *
 *     known_breakage("a watchpoint misses DMA", cmocka_unit_test(test_watch_dma)),
 *
 * It runs in a process of its own, fixtures included, so a crash is as good as a failed assertion;
 * a fixture that fails is not. As long as the test fails it is counted as known to fail; once it
 * passes, that is a failure.
 */
#ifndef EBB_KNOWN_BREAKAGE_H
#define EBB_KNOWN_BREAKAGE_H

#include "unit.h"

struct known_breakage {
    const char *why;
    struct CMUnitTest test;
};

/* An element of a table of tests that lives in a function; the second argument is any of cmocka's
 * macros for one. */
#define known_breakage(reason, ...)                                                                \
    {                                                                                              \
        .name = ((struct CMUnitTest)__VA_ARGS__).name, .test_func = known_breakage_run,            \
        .initial_state = &(struct known_breakage)                                                  \
        {                                                                                          \
            .why = (reason), .test = __VA_ARGS__                                                   \
        }                                                                                          \
    }

void known_breakage_run(void **state);

#endif
