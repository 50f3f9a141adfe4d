/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What parts of a question consist of: rows as bytes, and what is asked. They may come from
 * anybody.
 */
#include "cli/question_words.h"
#include "cli/questions/row_bytes.h"
#include "cli/text.h"

#include "recording_fixture.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t registers[] = {0, 127, 128, UINT64_MAX}, frames[] = {0x40100000};
static const uint8_t before[8] = {1}, after[8] = {2}, name[16] = "init", code[4] = {3};

static const struct timeline_scan scan = {
    .loads = {{.length = 4}, {.length = sizeof(name)}},
    .load_count = 2,
};

static struct timeline_row make_row(void)
{
    return (struct timeline_row){
        .position = UINT64_MAX - 1,
        .kind = TIMELINE_ROW_EXCEPTION,
        .inside = true,
        .by_device = true,
        .data_length = 8,
        .mode = 0x1f,
        .exception = TIMELINE_EXCEPTION_SERROR,
        .syndrome = 0xffffffff80000000,
        .tables = {1, 2},
        .call = 7,
        .big_endian = true,
        .registers = registers,
        .register_count = 4,
        .frames = frames,
        .frame_count = 1,
        .before = before,
        .after = after,
        .data_size = 8,
        .loads = {NULL, name},
        .code = code,
        .code_size = 4,
    };
}

/* Two rows: all of one, and nothing of the other. */
static struct ebb_buffer make_rows(void)
{
    const struct timeline_row row = make_row(), none = {.position = UINT64_MAX};
    struct ebb_buffer rows = {0};
    struct ebb_error error;

    assert_int_equal(row_bytes_add(&rows, &row, &scan, &error), 0);
    assert_int_equal(row_bytes_add(&rows, &none, &scan, &error), 0);
    return rows;
}

static void test_rows(void **state)
{
    struct ebb_buffer rows = make_rows();
    struct row_read read;
    const struct timeline_row expected = make_row();
    struct ebb_span left = {.bytes = rows.bytes, .left = rows.size};

    (void)state;
    assert_true(row_bytes_read(&left, &read));
    assert_true(row_has_loads_of(&read, &scan));
    assert_false(row_has_loads_of(&read, &(struct timeline_scan){0}));
    assert_false(row_has_loads_of(
        &read, &(struct timeline_scan){.loads = {{.length = 4}, {.length = 4}}, .load_count = 2}));
    assert_memory_equal(read.row.registers, registers, sizeof(registers));
    assert_memory_equal(read.row.frames, frames, sizeof(frames));
    assert_memory_equal(read.row.before, before, sizeof(before));
    assert_memory_equal(read.row.after, after, sizeof(after));
    assert_memory_equal(read.row.loads[1], name, sizeof(name));
    assert_memory_equal(read.row.code, code, sizeof(code));
    assert_true(read.row.position == expected.position);
    assert_int_equal(read.row.kind, expected.kind);
    assert_true(read.row.inside && read.row.by_device && read.row.big_endian && !read.row.write);
    assert_int_equal(read.row.exception, expected.exception);
    assert_true(read.row.syndrome == expected.syndrome && read.row.call == 7 &&
                read.row.tables[1] == 2 && read.row.mode == 0x1f && read.row.data_length == 8);
    assert_null(read.row.loads[0]);
    assert_true(row_bytes_read(&left, &read));
    assert_int_equal(left.left, 0);
    assert_true(read.row.position == UINT64_MAX && !read.row.before && !read.row.code);
    assert_int_equal(read.row.register_count, 0);
    ebb_buffer_free(&rows);
}

/* However they are cut off or changed, nothing is read that is not there. */
static void test_other_bytes(void **state)
{
    struct ebb_buffer rows = make_rows();
    struct row_read read;
    struct ebb_span left = {.bytes = rows.bytes, .left = rows.size};
    uint64_t random = 1;

    (void)state;
    assert_true(row_bytes_read(&left, &read));
    for (size_t size = 0; size < rows.size - left.left; size++) {
        uint8_t *copy = malloc(size + 1); /* of that size, for the sanitizer */

        memcpy(copy, rows.bytes, size);
        copy = realloc(copy, size ? size : 1);
        assert_false(row_bytes_read(&(struct ebb_span){.bytes = copy, .left = size}, &read));
        free(copy);
    }
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t *copy = malloc(rows.size);

        memcpy(copy, rows.bytes, rows.size);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            copy[fixture_random(&random) % rows.size] = (uint8_t)fixture_random(&random);
        }
        left = (struct ebb_span){.bytes = copy, .left = rows.size};
        while (left.left && row_bytes_read(&left, &read)) {
            assert_true(read.row.exception < TIMELINE_EXCEPTIONS);
            assert_true(read.row.register_count <= 32 && read.row.frame_count <= 64);
        }
        free(copy);
    }
    ebb_buffer_free(&rows);
}

static void test_hexadecimal(void **state)
{
    uint8_t *bytes = text_hex_read("00ff7a", 6);

    (void)state;
    assert_memory_equal(bytes, "\x00\xff\x7a", 3);
    free(bytes);
    assert_null(text_hex_read("00f", 3));
    assert_null(text_hex_read("0g", 2));
    assert_null(text_hex_read("\xff\xff", 2));
}

/* What is asked. */

static const struct option_spec options[] = {
    {"from", 0, "POSITION", ""}, {"write", 'w', NULL, ""}, {"output", 'o', "FILE", ""},
    {"shard", 0, "K/N", ""},     {"workers", 0, "N", ""},  {0},
};
static const struct command command = {.name = "asks", .options = options, .operands_max = 3};

static json_t *make_words(bool named)
{
    char *operands[] = {"recording", "jiffies,4"};
    struct arguments arguments = {
        .values = {"1 000", "", "part", "1/2", "1"},
        .operands = named ? operands : operands + 1,
        .operand_count = named ? 2 : 1,
        .command = &command,
    };

    return question_words_json(&arguments, named, arguments.operand_count);
}

static void test_words(void **state)
{
    json_t *words = make_words(true), *same = make_words(false);
    struct arguments arguments;

    (void)state;
    assert_true(json_equal(words, same));
    assert_true(question_words_read(words, &command, "here", &arguments));
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[0], "here");
    assert_string_equal(arguments.operands[1], "jiffies,4");
    assert_string_equal(arguments.values[0], "1 000");
    assert_string_equal(arguments_value(&arguments, "write"), "");
    assert_null(arguments_value(&arguments, "output"));
    assert_null(arguments_value(&arguments, "shard"));
    assert_null(arguments_value(&arguments, "nothing"));
    question_words_free(&arguments);
    json_decref(words);
    json_decref(same);
}

static void test_other_words(void **state)
{
    static const char *const texts[] = {
        "null",
        "{}",
        "[]",
        "{\"operands\": [], \"options\": []}",
        "{\"operands\": {}, \"options\": {}}",
        "{\"operands\": [1], \"options\": {}}",
        "{\"operands\": [\"1\", \"2\", \"3\"], \"options\": {}}",
        "{\"operands\": [], \"options\": {\"from\": 1}}",
        "{\"operands\": [], \"options\": {\"nothing\": \"\"}}",
        "{\"operands\": [], \"options\": {\"output\": \"file\"}}",
        "{\"operands\": [], \"options\": {\"shard\": \"1/2\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *words = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        struct arguments arguments;

        assert_false(question_words_read(words, &command, "here", &arguments));
        question_words_free(&arguments);
        json_decref(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),        cmocka_unit_test(test_other_bytes),
        cmocka_unit_test(test_hexadecimal), cmocka_unit_test(test_words),
        cmocka_unit_test(test_other_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
