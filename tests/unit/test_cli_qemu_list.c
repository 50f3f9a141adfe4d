/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists in QEMU's options. */
#include "cli/qemu_list.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void check_value(const char *list, const char *name, const char *implied, const char *wanted)
{
    char *value = qemu_list_value(list, name, implied);

    if (wanted) {
        assert_non_null(value);
        assert_string_equal(value, wanted);
    } else {
        assert_null(value);
    }
    free(value);
}

static void test_value(void **state)
{
    (void)state;
    check_value("virt,gic-version=2", "gic-version", NULL, "2");
    check_value("virt,gic_version=3", "gic-version", NULL, "3");
    check_value("virt,gic-version=2,gic-version=3", "gic-version", NULL, "3");
    check_value("virt,gic-version=2", "type", "type", "virt");
    check_value("gic-version=2,virt", "type", "type", NULL);
    check_value("type=virt", "type", "type", "virt");
    check_value("file=a,,b=c,x=y", "file", NULL, "a,,b=c");
    check_value("file=a,,b=c,x=y", "b", NULL, NULL);
    check_value("gic-version-more=2", "gic-version", NULL, NULL);
    check_value("gic=2", "gic-version", NULL, NULL);
    check_value("x=", "x", NULL, "");
    check_value("", "x", "x", NULL);
}

static void test_number_and_on(void **state)
{
    (void)state;
    assert_int_equal(qemu_list_number("cpus=4,cores=0x2", "cores", NULL, 1), 2);
    assert_int_equal(qemu_list_number("4", "cpus", "cpus", 1), 4);
    assert_int_equal(qemu_list_number("4", "cores", "cpus", 7), 7);
    assert_true(qemu_list_is_on("virt,secure=on", "secure"));
    assert_true(qemu_list_is_on("virt,secure=off,secure=true", "secure"));
    assert_false(qemu_list_is_on("virt,secure=off", "secure"));
    assert_false(qemu_list_is_on("virt,secure=once", "secure"));
    assert_false(qemu_list_is_on("secure", "secure"));
}

static void test_without(void **state)
{
    static const char *const names[] = {"a-b", "c", NULL};
    static const struct {
        const char *list, *wanted;
    } cases[] = {
        {"virt,a-b=1,d=2", "virt,d=2"},
        {"virt,a_b=1,c=,,3", "virt"},
        {"a-b=1", ""},
        {"c", "c"},
        {"d=a-b=1,,c=2", "d=a-b=1,,c=2"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = qemu_list_without(cases[i].list, names);

        assert_string_equal(text, cases[i].wanted);
        free(text);
    }
}

static void test_escape(void **state)
{
    char *text = qemu_escape("a,b,,c");

    (void)state;
    assert_string_equal(text, "a,,b,,,,c");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_number_and_on),
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_escape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
