/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by numbers, more than there is room for at first. */
#include "cli/name_table.h"

#include "unit.h"

#include <stdio.h>

#define NAMES 1000

static const char *name_of(unsigned number)
{
    static char name[16];

    snprintf(name, sizeof(name), "%u", number * 7919 % NAMES);
    return name;
}

static void numbers_are_those_of_the_first_time(void **state)
{
    struct name_table table = {0};

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < NAMES; i++) {
            assert_int_equal(name_table_add(&table, name_of(i)), i);
            assert_string_equal(table.names[i], name_of(i));
        }
        assert_int_equal(table.count, NAMES);
    }
    assert_int_equal(name_table_add(&table, ""), NAMES);
    name_table_free(&table);
    assert_int_equal(name_table_add(&table, "x"), 0);
    name_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_first_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
