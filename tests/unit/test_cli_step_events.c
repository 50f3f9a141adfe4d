/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a step: which are of it, many of them, and where the log is damaged. */
#include "cli/step_events.h"
#include "log/format.h"
#include "recording_fixture.h"

#include "unit.h"

#include <stdio.h>

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

static void add(struct ebb_log_writer *writer, uint32_t kind, uint64_t position, uint64_t address)
{
    struct ebb_event event = {
        .kind = kind,
        .position = position,
        .address = address,
        .size = kind == EBB_EVENT_MMIO_WRITE ? 4 : 0,
    };
    struct ebb_error error;

    if (ebb_log_writer_append(writer, &event, &error)) {
        fail_msg("%s", error.message);
    }
}

/* Three blocks: a step that ends at position 11 at the end of the first, with count events, and
 * what is behind it. */
static void write_log(const char *directory, unsigned count)
{
    struct ebb_log_writer *writer = fixture_create(directory);

    add(writer, EBB_EVENT_INTERRUPT_LINE, 10, 0);
    add(writer, EBB_EVENT_MMIO_WRITE, 10, 1);
    for (unsigned i = 1; i < count; i++) {
        add(writer, EBB_EVENT_INTERRUPT_LINE, 11, i + 1);
    }
    fixture_flush(writer);
    add(writer, EBB_EVENT_MMIO_WRITE, 11, 0);
    fixture_flush(writer);
    add(writer, EBB_EVENT_INTERRUPT_LINE, 12, 0);
    fixture_close(writer);
}

/* Looks at the step that ends at position 11; returns what step_events() does. */
static int look(const char *directory, size_t listed, uint64_t left_out, struct ebb_error *error)
{
    struct ebb_log *log = fixture_open(directory);
    json_t *array = json_array(), *event;
    uint64_t more;
    size_t i;
    int status = step_events(log, 11, array, &more, error);

    assert_int_equal(json_array_size(array), listed);
    assert_true(more == left_out);
    json_array_foreach(array, i, event)
    {
        char address[24];

        snprintf(address, sizeof(address), "0x%zx", i + 1);
        assert_string_equal(json_string_value(json_object_get(event, "address")), address);
    }
    json_decref(array);
    ebb_log_close(log);
    return status;
}

static void test_few(void **state)
{
    struct ebb_error error;

    write_log(*state, 3);
    assert_int_equal(look(*state, 3, 0, &error), 0);
}

static void test_many(void **state)
{
    struct ebb_error error;

    write_log(*state, STEP_EVENTS_MAX + 6);
    assert_int_equal(look(*state, STEP_EVENTS_MAX, 6, &error), 0);
}

/* What only says where the CPU was is none of them. */
static void test_exit(void **state)
{
    struct ebb_log_writer *writer = ebb_log_writer_create(*state, EBB_LOG_COUNTS, NULL);
    struct ebb_error error;

    assert_non_null(writer);
    add(writer, EBB_EVENT_INTERRUPT_LINE, 11, 1);
    add(writer, EBB_EVENT_EXIT, 11, 7);
    add(writer, EBB_EVENT_INTERRUPT_LINE, 11, 2);
    fixture_close(writer);
    assert_int_equal(look(*state, 2, 0, &error), 0);
}

/* Whether there are more is not known. */
static void test_damage_behind(void **state)
{
    struct ebb_error error = {0};

    write_log(*state, 3);
    fixture_damage(*state, EBB_BLOCK_EVENTS, 1, false, NULL);
    assert_int_equal(look(*state, 3, 0, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_few, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_behind, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
