/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of consoles: those of a stretch of history, without a look at what is far behind it. */
#include "cli/console_lines.h"
#include "log/format.h"
#include "recording_fixture.h"

#include "unit.h"

#include <string.h>

#define UART 0x9000000u

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

static void append(struct ebb_log_writer *writer, const struct ebb_event *event)
{
    struct ebb_error error;

    if (ebb_log_writer_append(writer, event, &error)) {
        fail_msg("%s", error.message);
    }
}

/* Text at a position, in a block of its own. */
static void print(struct ebb_log_writer *writer, uint64_t position, const char *text)
{
    struct ebb_event event = {
        .kind = EBB_EVENT_CONSOLE,
        .position = position,
        .data = (const uint8_t *)text,
        .data_length = (uint32_t)strlen(text),
    };

    append(writer, &event);
    fixture_flush(writer);
}

static void write_to_uart(struct ebb_log_writer *writer, uint64_t position, char character)
{
    struct ebb_event event = {
        .kind = EBB_EVENT_MMIO_WRITE,
        .position = position,
        .address = UART,
        .size = 4,
        .value = (uint8_t)character,
    };

    append(writer, &event);
    fixture_flush(writer);
}

/* Two consoles; the UART's line begins at 25 and ends at 45. Seven blocks. */
static void write_log(const char *directory)
{
    struct ebb_log_writer *writer = fixture_create(directory);

    print(writer, 10, "ten\n");
    print(writer, 20, "twenty\r\n");
    write_to_uart(writer, 25, 'U');
    print(writer, 30, "thirty\n");
    write_to_uart(writer, 45, '\n');
    print(writer, 50, "fifty\n");
    print(writer, 60, "six");
    fixture_close(writer);
}

struct seen {
    char text[200];
};

static int take(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct seen *seen = opaque;

    (void)error;
    strncat(seen->text, line->bytes, line->length);
    strcat(seen->text, ",");
    return 0;
}

/* The lines that begin between from and to, and what is returned. */
static int visit(const char *directory, uint64_t from, uint64_t to, struct seen *seen)
{
    struct manifest manifest = {.console_count = 1, .consoles = {{.address = UART}}};
    struct ebb_log *log = fixture_open(directory);
    int status;

    *seen = (struct seen){0};
    status = console_lines_visit(log, &manifest, from, to, take, seen, NULL);
    ebb_log_close(log);
    return status;
}

static void test_stretches(void **state)
{
    static const struct {
        uint64_t from, to;
        const char *lines;
    } cases[] = {
        {0, UINT64_MAX, "ten,twenty,thirty,U,fifty,six,"},
        {10, 20, "ten,twenty,"},
        {11, 19, ""},
        {20, 25, "twenty,U,"}, /* whole, though it ends behind */
        {26, 60, "thirty,fifty,six,"},
        {61, 70, ""},
    };
    struct seen seen;

    write_log(*state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(visit(*state, cases[i].from, cases[i].to, &seen), 0);
        assert_string_equal(seen.text, cases[i].lines);
    }
}

/* What cannot be read shows how far is read. */
static void test_not_beyond(void **state)
{
    struct seen seen;

    write_log(*state);
    fixture_damage(*state, EBB_BLOCK_EVENTS, 5, false, NULL);
    assert_int_equal(visit(*state, 0, 29, &seen), 0);
    assert_string_equal(seen.text, "ten,twenty,U,");
    assert_int_equal(visit(*state, 0, UINT64_MAX, &seen), -1);
    fixture_damage(*state, EBB_BLOCK_EVENTS, 4, false, NULL);
    assert_int_equal(visit(*state, 0, 24, &seen), 0);
    assert_string_equal(seen.text, "ten,twenty,");
    assert_int_equal(visit(*state, 0, 29, &seen), -1); /* the UART's line goes on there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stretches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_beyond, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
